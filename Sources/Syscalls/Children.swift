import CLinux

/// The processes whose parent this one is; for the first process, also all that lost theirs.
public enum Children {
    /// How a process ended.
    public enum End: Sendable, Hashable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    /// Collects one process that has ended; `nil` when none has. Never waits.
    ///
    /// C function: `waitpid(2)` `WNOHANG`.
    public static func reap() -> (process: Int32, end: End)? {
        var status: CInt = 0
        do {
            // Sound: the kernel writes one int.
            let process = try checked { unsafe waitpid(-1, &status, WNOHANG) }
            guard process > 0 else { return nil }
            return (
                process,
                clinux_has_exited(status) != 0
                    ? .exited(code: clinux_exit_code(status))
                    : .killed(signal: clinux_signal(status))
            )
        } catch {
            // There is no child at all.
            return nil
        }
    }

    /// Starts a program without waiting for it; both of its outputs go to `output`, its input is
    /// empty. No other descriptor of ours reaches it. C function: `posix_spawn(3)`.
    public static func start(
        _ executable: String,
        _ arguments: [String],
        environment: [String],
        output: borrowing Descriptor
    ) throws(Errno) -> Int32 {
        try Spawn.start(
            executable,
            arguments,
            environment: environment,
            streams: [.none, .descriptor(output.number), .descriptor(output.number)]
        )
    }

    /// Asks the process to end (`SIGTERM`), or ends it (`SIGKILL`). One that is gone already is no
    /// error. C function: `kill(2)`.
    public static func end(_ process: Int32, byForce: Bool) {
        precondition(process > 1, "no process of ours is called so")
        _ = kill(process, byForce ? SIGKILL : SIGTERM)
    }

    /// Ends every process on the machine but this one, which must be the first.
    ///
    /// C function: `kill(2)` with -1.
    public static func endAll() {
        guard CurrentProcess.number == 1 else { return }
        _ = kill(-1, SIGKILL)
    }

    /// A pipe that never makes the reader wait. C function: `pipe2(2)`.
    public static func pipe() throws(Errno) -> PipeEnds {
        var ends: [CInt] = [0, 0]
        // Sound: the kernel writes two numbers.
        _ = try checked { unsafe pipe2(&ends, O_CLOEXEC) }
        let pipe = PipeEnds(source: Descriptor(owning: ends[0]), sink: Descriptor(owning: ends[1]))
        let number = ends[0]
        _ = try checked { clinux_set_status(number, O_NONBLOCK) }
        return pipe
    }
}

/// Both ends of a pipe: what is written to `sink` comes out of `source`.
public struct PipeEnds: ~Copyable, Sendable {
    public let source: Descriptor
    public let sink: Descriptor

    /// Closes the end that is written to, and keeps the other.
    public consuming func closingSink() -> Descriptor { source }
}
