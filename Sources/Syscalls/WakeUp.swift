import CLinux

/// Ends another thread's wait: ready for reading from the first `signal()` on.
///
/// The kernel counts, so it may be used from any thread at once.
public final class WakeUp: Sendable {
    private let descriptor: Descriptor

    /// C function: `eventfd(2)`.
    public init() throws(Errno) {
        let flags = clinux_EFD_CLOEXEC | clinux_EFD_NONBLOCK
        descriptor = Descriptor(owning: try checked { eventfd(0, flags) })
    }

    /// For `Readiness`; good for as long as this object lives.
    public var number: CInt { descriptor.number }

    /// Makes it ready. C function: `write(2)`.
    public func signal() {
        let one: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        do { try descriptor.writeNext(one.span) } catch {
            // Full after 2^64 - 2 signals: it is ready all the same.
            precondition(error == .wouldBlock, "a counter of ours can be raised")
        }
    }
    /// Makes it wait for the next `signal()`. C function: `read(2)`.
    public func clear() {
        var count = [UInt8](repeating: 0, count: 8)
        var span = count.mutableSpan
        // Nothing to take: nobody signalled.
        do { _ = try descriptor.readNext(into: &span) } catch {}
    }
}
