import Syscalls

/// What the kernel says, as it says it: for the black box.
///
/// Source: `/dev/kmsg`; the kernel's `Documentation/ABI/testing/dev-kmsg`.
final class KernelLines {
    private let device: Descriptor

    /// Begins at the oldest line there is.
    init() throws(Errno) {
        device = try Descriptor(opening: "/dev/kmsg", for: .reading, .nonBlocking)
    }

    /// The lines since the last time, at most 2048.
    func next() -> [String] {
        var lines: [String] = []
        var record = [UInt8](repeating: 0, count: 8192)
        for _ in 0..<2048 {
            do {
                var span = record.mutableSpan
                let count = try device.readNext(into: &span)
                guard count > 0 else { break }
                if let line = Self.line(record[..<count]) { lines.append(line) }
            } catch {
                // Some were overwritten before we read them: the next read goes on after them.
                guard error == .brokenPipe else { break }
            }
        }
        return lines
    }

    /// `6,339,5140900,-;text` becomes `[    5.140900] text`; `nil` for what is no record.
    static func line(_ record: ArraySlice<UInt8>) -> String? {
        guard let semicolon = record.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let fields = record[..<semicolon].split(separator: UInt8(ascii: ","))
        guard fields.count >= 3, let time = Int(String(decoding: fields[2], as: UTF8.self)),
            time >= 0
        else { return nil }
        let text = record[(semicolon + 1)...].prefix { $0 != UInt8(ascii: "\n") }
        let seconds = String(time / 1_000_000)
        let fraction = String(1_000_000 + time % 1_000_000).dropFirst()
        let padding = String(repeating: " ", count: max(0, 5 - seconds.count))
        return "[\(padding)\(seconds).\(fraction)] \(String(decoding: text, as: UTF8.self))"
    }
}
