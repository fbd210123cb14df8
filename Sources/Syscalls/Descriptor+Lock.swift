import CLinux

extension Descriptor {
    /// Takes the exclusive lock or throws `.wouldBlock` at once. Held until the descriptor closes.
    ///
    /// C function: `flock(2)`.
    public func lock() throws(Errno) {
        let number = number
        _ = try checked { flock(number, LOCK_EX | LOCK_NB) }
    }

    /// Gives the lock back now, also when a child between `fork` and `exec` has the file open too:
    /// closing alone would leave the lock to the child until then. Nothing when there is none.
    ///
    /// C function: `flock(2)`.
    public func unlock() { _ = flock(number, LOCK_UN) }

    /// Takes the exclusive lock, or throws `.wouldBlock` when it was not free for `wait`.
    ///
    /// `flock` knows no time limit, so the lock is tried every 20 ms. C function: `flock(2)`.
    public func lock(within wait: Duration) throws(Errno) {
        let end = MonotonicTime.now + wait
        while true {
            do {
                return try lock()
            } catch {
                guard error == .wouldBlock, MonotonicTime.now < end else { throw error }
            }
            MonotonicTime.sleep(.milliseconds(20))
        }
    }
}
