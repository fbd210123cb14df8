import Syscalls

/// Where records of the kernel's log come from, one at a time.
protocol KernelRecords: ~Copyable {
    /// The next record, oldest first.
    mutating func next() throws(Errno) -> KernelStep
}

/// What reading the kernel's log gave.
enum KernelStep: Sendable, Hashable {
    case record([UInt8])
    /// Records were overwritten since the last one; reading goes on at the oldest.
    case overwritten
    case end
}

/// The kernel's log. Device: `/dev/kmsg`, which every open reads from its oldest record on.
struct KernelDevice: ~Copyable, KernelRecords {
    /// The kernel makes no longer records.
    static let recordLimit = 8192

    private let device: Descriptor
    private var buffer = [UInt8](repeating: 0, count: recordLimit)

    init() throws(Errno) {
        device = try Descriptor(opening: "/dev/kmsg", for: .reading, .nonBlocking)
    }

    mutating func next() throws(Errno) -> KernelStep {
        // Taken out, because a span of it would keep the device from being used.
        var piece: [UInt8] = []
        swap(&piece, &buffer)
        defer { swap(&piece, &buffer) }
        do {
            var span = piece.mutableSpan
            let count = try device.readNext(into: &span)
            return count == 0 ? .end : .record(Array(piece[..<count]))
        } catch {
            switch error {
            case .wouldBlock: return .end
            case .brokenPipe: return .overwritten
            default: throw error
            }
        }
    }
}

/// Pages of the kernel's log.
enum KernelLog {
    /// More records than this are not read at once; the kernel's buffer holds fewer.
    static let recordLimit = 1 << 16

    /// The next lines that fit `query`, read from `records`, whose clock began at `epoch`
    /// (nanoseconds since 1970). What is no record is left out.
    static func page(
        from records: inout some KernelRecords & ~Copyable,
        epoch: Int64,
        for query: LogQuery
    ) throws(Errno) -> LogPage {
        var lines: [PlacedLine] = []
        var end: UInt64 = 0
        reading: for _ in 0..<recordLimit {
            switch try records.next() {
            case .end: break reading
            // The gap in the sequence numbers tells how many.
            case .overwritten: continue
            case .record(let bytes):
                guard let record = KernelRecord(parsing: bytes[...]) else { continue }
                end = record.sequence &+ 1
                guard query.reaches(record.sequence) else { continue }
                lines.append(PlacedLine(place: record.sequence, line: record.line(epoch: epoch)))
            }
        }
        return LogPaging.page(of: lines, end: end, for: query)
    }
}

extension LogQuery {
    /// Whether a reader that has come as far as this query wants what lies at `place`.
    fileprivate func reaches(_ place: UInt64) -> Bool {
        guard case .place(let start) = start else { return true }
        return place >= start
    }
}
