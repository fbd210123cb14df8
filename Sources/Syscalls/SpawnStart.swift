import CLinux
import Glibc

extension Spawn {
    /// Starts the program with its three streams in place, no signal blocked or ignored.
    static func start(
        _ executable: String,
        _ arguments: [String],
        environment: [String],
        streams: [Stream]
    ) throws(Errno) -> pid_t {
        try requirePath(executable)
        for text in arguments + environment where text.utf8.contains(0) { throw .invalid }
        let actions = try FileActions(streams)
        let attributes = try Attributes()
        let argv = CStrings([executable] + arguments)
        let envp = CStrings(environment)
        var process: pid_t = 0
        // Sound: everything pointed to lives until the call returns; lists end with nil.
        try checkedCode {
            unsafe posix_spawn(
                &process,
                executable,
                actions.handle,
                attributes.handle,
                argv.list,
                envp.list
            )
        }
        return process
    }
}

/// What happens to the streams between `fork` and `exec`.
@safe
private struct FileActions: ~Copyable {
    // posix_spawn_file_actions_t*
    let handle: UnsafeMutablePointer<posix_spawn_file_actions_t>

    init(_ streams: [Spawn.Stream]) throws(Errno) {
        // Sound: freed once, in `deinit`, after it was initialised here.
        unsafe handle = .allocate(capacity: 1)
        let code = unsafe posix_spawn_file_actions_init(handle)
        precondition(code == 0, "file actions can be made")
        for (number, stream) in zip(CInt(0)..., streams) {
            let handle = unsafe handle
            switch stream {
            case .none:
                // Sound: the function copies the path.
                try checkedCode {
                    unsafe posix_spawn_file_actions_addopen(handle, number, "/dev/null", O_RDWR, 0)
                }
            case .inherited:
                // Sound: numbers only. Copying onto itself clears close-on-exec.
                try checkedCode {
                    unsafe posix_spawn_file_actions_adddup2(handle, number, number)
                }
            case .descriptor(let other):
                // Sound: numbers only.
                try checkedCode {
                    unsafe posix_spawn_file_actions_adddup2(handle, other, number)
                }
            }
        }
    }

    deinit {
        // Sound: this value owns the structure.
        unsafe posix_spawn_file_actions_destroy(handle)
        unsafe handle.deallocate()
    }
}

/// Signals as a fresh program expects them.
@safe
private struct Attributes: ~Copyable {
    // posix_spawnattr_t*
    let handle: UnsafeMutablePointer<posix_spawnattr_t>

    init() throws(Errno) {
        // Sound: freed once, in `deinit`, after it was initialised here.
        unsafe handle = .allocate(capacity: 1)
        let code = unsafe posix_spawnattr_init(handle)
        precondition(code == 0, "attributes can be made")
        let handle = unsafe handle
        var none = sigset_t()
        var all = sigset_t()
        // Sound: both sets are filled before they are copied into the attributes.
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        try checkedCode { unsafe posix_spawnattr_setsigmask(handle, &none) }
        try checkedCode { unsafe posix_spawnattr_setsigdefault(handle, &all) }
        try checkedCode {
            let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
            return unsafe posix_spawnattr_setflags(handle, Int16(flags))
        }
    }

    deinit {
        // Sound: this value owns the structure.
        unsafe posix_spawnattr_destroy(handle)
        unsafe handle.deallocate()
    }
}
