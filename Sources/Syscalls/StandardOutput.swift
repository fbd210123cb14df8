import CLinux

/// What the process prints.
public enum StandardOutput {
    /// Hands over what was printed so far, so that what is said elsewhere comes after it: a pipe or
    /// a file is given it in blocks otherwise.
    ///
    /// C function: `fflush(3)`.
    public static func flush() {
        _ = fflush(nil)
    }
}
