import CLinux

/// Counts what is there, and makes threads wait for more.
///
/// The C semaphore may be used from any thread at once, at a fixed address: hence `@unchecked`.
@safe
public final class Semaphore: @unchecked Sendable {
    // sem_t*
    private let handle: UnsafeMutablePointer<sem_t>

    /// C function: `sem_init(3)`.
    public init(_ count: Int) {
        // Sound: freed once, in `deinit`; the address never changes.
        unsafe handle = .allocate(capacity: 1)
        let code = unsafe sem_init(handle, 0, UInt32(count))
        precondition(code == 0, "a semaphore can be made")
    }

    deinit {
        // Sound: nobody waits, because waiting needs a reference to this object.
        unsafe sem_destroy(handle)
        unsafe handle.deallocate()
    }

    /// Takes one, waiting until there is one. C function: `sem_wait(3)`.
    public func wait() {
        // Sound: the semaphore lives as long as this object; only a signal ends the call early.
        while unsafe sem_wait(handle) == -1 {}
    }

    /// Adds one. C function: `sem_post(3)`.
    public func signal() {
        // Sound: the semaphore lives as long as this object.
        let code = unsafe sem_post(handle)
        precondition(code == 0, "a semaphore counts no further than its users")
    }
}
