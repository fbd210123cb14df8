import CLinux

/// Where a program says what is not its answer.
public enum StandardError {
    /// Writes all of `bytes` to descriptor 2, wherever it leads: reopening it by name would give a
    /// file another offset, and overwrite what others wrote to it.
    ///
    /// Needs no descriptor of its own: what is said of having none left must not be lost by that.
    ///
    /// C function: `write(2)`.
    public static func write(_ bytes: Span<UInt8>) throws(Errno) {
        try Descriptor.writeNext(bytes, to: STDERR_FILENO)
    }
}
