import Syscalls

/// How much memory this process holds.
enum Gauge {
    /// KiB in memory now, and at most since `reset`. Source: `proc_pid_status(5)`.
    static func read() throws(Errno) -> (now: Int, peak: Int) {
        let text = String(
            decoding: try File.read("/proc/self/status", limit: 1 << 16),
            as: UTF8.self
        )
        func field(_ name: String) -> Int {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
        }
        return (field("VmRSS:"), field("VmHWM:"))
    }

    /// Makes the peak what is held now. Source: `proc_pid_clear_refs(5)`.
    static func reset() throws(Errno) {
        let file = try Descriptor(opening: "/proc/self/clear_refs", for: .writing)
        try file.writeNext(Array("5".utf8).span)
    }
}
