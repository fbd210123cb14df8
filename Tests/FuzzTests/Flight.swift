import Glibc
import Synchronization
import Syscalls

/// The input that is being tried, in a file: whatever ends the process, it can be read afterwards.
final class Flight {
    private let file: Descriptor

    init(_ path: String) throws(Errno) {
        file = try Descriptor(opening: path, for: .writing, [.create, .truncate])
    }

    /// Length (8 bytes, little-endian), then the input.
    func begin(_ input: [UInt8]) throws(Errno) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + input.count)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: input.count >> shift))
        }
        bytes += input
        try file.write(bytes.span, at: 0)
    }

    /// What was tried last.
    static func input(in path: String) throws(Errno) -> [UInt8] {
        let bytes = try File.read(path, limit: 1 << 24)
        guard bytes.count >= 8 else { return [] }
        let count = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        return Array(bytes.dropFirst(8).prefix(count))
    }
}

/// Ends the process when one input takes too long to come back at all.
final class Watchdog: Sendable {
    /// Half a minute without an answer is a hang, on however busy a machine.
    private static let patience = 300
    private let rounds = Atomic<Int>(0)

    func pat() { rounds.add(1, ordering: .relaxed) }

    func start() throws(Errno) {
        _ = try Thread("watchdog") { [self] in
            var last = -1
            var quiet = 0
            while quiet < Self.patience {
                usleep(100_000)
                let now = rounds.load(ordering: .relaxed)
                quiet = now == last ? quiet + 1 : 0
                last = now
            }
            complain("an input takes more than \(Self.patience / 10) seconds")
            exit(EXIT_FAILURE)
        }
    }
}

/// Says on standard error why the process is about to end.
func complain(_ sentence: String) {
    try? StandardError.write(Array((sentence + "\n").utf8).span)
}
