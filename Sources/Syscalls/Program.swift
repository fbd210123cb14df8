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
        let argv = ArgumentList([executable] + arguments)
        let envp = ArgumentList(environment)
        // Sound: everything pointed to lives until the call returns; lists end with nil.
        _ = try checked { unsafe execve(executable, argv.list, envp.list) }
    }
}

/// A nil-terminated list of C strings.
@safe
private struct ArgumentList: ~Copyable {
    // char**
    let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        // Sound: every place is set at once; `deinit` frees each string and the list.
        unsafe list = .allocate(capacity: count + 1)
        for index in 0..<count { unsafe (list + index).initialize(to: strdup(strings[index])) }
        unsafe (list + count).initialize(to: nil)
    }

    deinit {
        // Sound: `strdup` made the strings, and nobody uses them any more.
        for index in 0..<count { unsafe free(list[index]) }
        unsafe list.deallocate()
    }
}
