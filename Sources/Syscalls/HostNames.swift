import CLinux
import Glibc

/// What the kernel calls the machine and itself. C function: `uname(2)`.
public struct KernelNames: Sendable, Hashable {
    /// The host name.
    public let host: String
    /// Of the kernel, such as `6.12.48`.
    public let release: String
    /// Such as `x86_64`.
    public let architecture: String

    public static var current: KernelNames {
        var names = utsname()
        // Sound: the kernel fills the structure with NUL-terminated texts; only copies leave.
        let code = unsafe uname(&names)
        precondition(code == 0, "the kernel knows its name")
        return unsafe KernelNames(
            host: String(cString: clinux_node_name(&names)),
            release: String(cString: clinux_release(&names)),
            architecture: String(cString: clinux_architecture(&names))
        )
    }
}

/// The machine's name in its network.
public enum HostName {
    /// More bytes the kernel does not take.
    public static let limit = 64

    /// Sets it until the machine restarts; throws `.invalid` when it is empty, longer than `limit`,
    /// or has a NUL. C function: `sethostname(2)`.
    public static func set(_ name: String) throws(Errno) {
        guard !name.isEmpty, !name.utf8.contains(0) else { throw .invalid }
        let length = name.utf8.count
        // Sound: the string lives for the call, which reads that many bytes.
        _ = try checked { unsafe sethostname(name, length) }
    }
}

/// This process, as the kernel knows it.
public enum CurrentProcess {
    /// C function: `getpid(2)`.
    public static var number: Int32 { getpid() }

    /// Who it acts as; 0 is root. C function: `geteuid(2)`.
    public static var user: UInt32 { geteuid() }

    /// Ends it at once with `code`; what `print` holds back is written first.
    /// C function: `exit(3)`.
    public static func end(_ code: Int32) -> Never { exit(code) }

    /// Becomes the program at `executable` (a path; no search); returns only when that fails.
    /// Descriptors that are not marked otherwise stay open. C function: `execve(2)`.
    public static func become(
        _ executable: String,
        _ arguments: [String],
        environment: [String]
    ) throws(Errno) {
        for text in [executable] + arguments + environment where text.utf8.contains(0) {
            throw .invalid
        }
        let argv = CStrings([executable] + arguments)
        let envp = CStrings(environment)
        // Sound: everything pointed to lives until the call returns; lists end with nil.
        _ = try checked { unsafe execve(executable, argv.list, envp.list) }
    }
}
