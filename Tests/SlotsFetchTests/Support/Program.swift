import Glibc
import Synchronization

/// A program that runs until this object goes.
///
/// Not Foundation's `Process`: it lets programs inherit the blocked signals of the threads that
/// tests run on, and they could not be ended.
final class Program {
    private let id: pid_t
    private let input: Int32
    private let output: Int32

    /// `timeout` ends it should this process die first.
    init(_ arguments: [String]) throws {
        (id, input, output) = try Self.spawn(["timeout", "300"] + arguments)
    }

    deinit {
        kill(id, SIGTERM)
        close(input)
        close(output)
        Self.wait(id)
    }

    /// The next line that it prints; empty at the end.
    func line() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        // Sound: `byte` has room for the one byte asked for.
        while unsafe read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Runs a program to its end; what it printed, `nil` when it failed.
    @discardableResult
    static func run(_ arguments: [String]) throws -> String? {
        let (id, input, output) = try spawn(arguments)
        close(input)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            // Sound: `buffer` has room for as many bytes as are asked for.
            let count = unsafe read(output, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        close(output)
        return wait(id) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    struct Failed: Error {
        let code: Int32
    }

    private static let oneAtATime = Mutex(())

    /// The descriptors are what the program reads from and what it writes to.
    private static func spawn(
        _ arguments: [String]
    ) throws -> (id: pid_t, input: Int32, output: Int32) {
        try oneAtATime.withLock { _ in try spawnAlone(arguments) }
    }

    private static func spawnAlone(
        _ arguments: [String]
    ) throws -> (id: pid_t, input: Int32, output: Int32) {
        let (theirInput, input) = pipe()
        let (output, theirOutput) = pipe()
        // Sound: locals of this frame, which the call reads; the texts are freed after it.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, theirInput, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, theirOutput, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var texts = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var id: pid_t = 0
        // The threads that tests run on block every signal; a program must not.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = unsafe posix_spawnp(&id, arguments[0], &actions, &attributes, &texts, environ)
        unsafe posix_spawnattr_destroy(&attributes)
        for index in unsafe texts.indices { unsafe free(texts[index]) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        close(theirInput)
        close(theirOutput)
        guard code == 0 else { throw Failed(code: code) }
        return (id, input, output)
    }

    /// Both ends are closed in other programs, which no other may begin meanwhile.
    private static func pipe() -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        // Sound: the array has room for both.
        unsafe _ = Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    @discardableResult
    private static func wait(_ id: pid_t) -> Int32 {
        var status: Int32 = 0
        // Sound: `status` is a local of this frame.
        while unsafe waitpid(id, &status, 0) == -1, errno == EINTR {}
        return status
    }
}
