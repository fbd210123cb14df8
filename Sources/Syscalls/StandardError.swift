import CLinux

/// Where a program says what is not its answer.
public enum StandardError {
    /// Writes all of `bytes` to descriptor 2, wherever it leads: reopening it by name would give a
    /// file another offset, and overwrite what others wrote to it.
    ///
    /// C function: `dup(2)`, `write(2)`.
    public static func write(_ bytes: Span<UInt8>) throws(Errno) {
        let copy = Descriptor(owning: try checked { dup(STDERR_FILENO) })
        try copy.writeNext(bytes)
    }
}
