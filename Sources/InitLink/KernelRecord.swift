/// One record of the kernel's log, as `/dev/kmsg` gives it: `6,339,5140900,-;text`, where 6 is
/// facility times 8 plus severity, 339 the sequence number and 5140900 microseconds since start.
///
/// Source: the kernel's `Documentation/ABI/testing/dev-kmsg`.
struct KernelRecord: Sendable, Hashable {
    var severity: Int
    var sequence: UInt64
    /// Since the kernel's clock began.
    var age: Duration
    /// What the kernel does not print as it is stands there as `\x0a`.
    var text: ArraySlice<UInt8>

    /// `nil` when the bytes are no record. Key-value lines after the text are left out.
    init?(parsing bytes: ArraySlice<UInt8>) {
        guard let semicolon = bytes.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let fields = bytes[..<semicolon].split(
            separator: UInt8(ascii: ","),
            omittingEmptySubsequences: false
        )
        guard fields.count >= 3,
            let priority = Self.number(fields[0]),
            let sequence = Self.number(fields[1]),
            let microseconds = Self.number(fields[2]),
            let age = Int64(exactly: microseconds)
        else { return nil }
        severity = Int(priority & 7)
        self.sequence = sequence
        self.age = .microseconds(age)
        text = bytes[(semicolon + 1)...].prefix { $0 != UInt8(ascii: "\n") }
    }

    /// Severities 0 to 3 (emergency to error), 4 (warning), 5 and 6 (notice, information) and
    /// 7 (debug).
    var level: LogLevel {
        switch severity {
        case ...3: .error
        case 4: .warning
        case 5, 6: .info
        default: .debug
        }
    }

    /// The line; `epoch` is when the kernel's clock began, nanoseconds since 1970.
    func line(epoch: Int64) -> LogLine {
        let (seconds, fraction) = age.components
        let nanoseconds = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !nanoseconds.overflow else { return LogLine(time: epoch, level: level, text: text) }
        let time = epoch &+ nanoseconds.partialValue &+ fraction / 1_000_000_000
        return LogLine(time: time, level: level, text: text)
    }

    /// At most 20 digits, and nothing else.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard (1...20).contains(digits.count) else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (product, isLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = product.addingReportingOverflow(UInt64(digit & 15))
            guard !isLarge, !isLarger else { return nil }
            number = sum
        }
        return number
    }
}
