import CLinux

extension OpenFiles {
    /// Opens `path` as often as it takes for descriptors 0, 1 and 2 to be there; they stay open.
    ///
    /// C function: `open(2)`.
    public static func keepStandardStreams(on path: String) throws(Errno) {
        try requirePath(path)
        while true {
            // Sound: the string lives, NUL-terminated, for the call.
            let number = try checked { unsafe clinux_open(path, O_RDWR | O_NOCTTY, 0) }
            guard number > STDERR_FILENO else { continue }
            _ = CLinux.close(number)
            return
        }
    }
}
