import CLinux

/// The program that this process runs.
public enum Program {
    /// Becomes another program: same process, same environment as given, descriptors closed.
    /// Returns only by throwing.
    ///
    /// C function: `execve(2)`.
    public static func become(
        _ executable: String,
        _ arguments: [String],
        environment: [String]
    ) throws(Errno) {
        try requirePath(executable)
        for text in arguments + environment where text.utf8.contains(0) { throw .invalid }
        let argv = CStrings([executable] + arguments)
        let envp = CStrings(environment)
        // Sound: everything pointed to lives until the call returns; lists end with nil.
        _ = try checked { unsafe execve(executable, argv.list, envp.list) }
    }
}
