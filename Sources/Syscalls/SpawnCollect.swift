import CLinux

/// Reads what a program writes, up to a limit, and waits for its end, up to a moment.
struct Collector {
    let limit: Int
    private(set) var bytes: [UInt8] = []
    private(set) var isCut = false

    init(limit: Int) { self.limit = limit }

    /// Reads to the end of the stream and waits for the process; false when time ran out.
    mutating func collect(
        from source: borrowing Descriptor,
        until end: Duration,
        _ process: borrowing Descriptor
    ) -> Bool {
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while isReadable(source.number, until: end) {
            var span = piece.mutableSpan
            let count: Int
            do { count = try source.readNext(into: &span) } catch {
                preconditionFailure("a pipe of ours can be read")
            }
            if count == 0 { return wait(for: process, until: end) }
            let kept = min(count, limit - bytes.count)
            bytes += piece[..<kept]
            if kept < count { isCut = true }
        }
        return false
    }

    /// Waits for the process to end without collecting it; false when time ran out.
    func wait(for process: borrowing Descriptor, until end: Duration) -> Bool {
        isReadable(process.number, until: end)
    }

    /// C function: `poll(2)`.
    private func isReadable(_ number: CInt, until end: Duration) -> Bool {
        while true {
            let left = end - MonotonicTime.now
            guard left > .zero else { return false }
            let milliseconds = min(left / .milliseconds(1), 1000).rounded(.up)
            var waiting = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            // Sound: one structure, as the count says.
            if unsafe poll(&waiting, 1, CInt(milliseconds)) == 1 { return true }
        }
    }
}
