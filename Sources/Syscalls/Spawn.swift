import CLinux

/// Runs other programs.
public enum Spawn {
    /// Where a stream of the program goes to or comes from.
    public enum Stream: Sendable, Hashable {
        /// `/dev/null`.
        case none
        /// The same as ours.
        case inherited
        /// An open descriptor's number; it must stay open during the call.
        case descriptor(CInt)
    }

    /// How a program ended, and what it wrote.
    public struct Outcome: Sendable, Hashable {
        public enum End: Sendable, Hashable {
            case exited(code: Int32)
            case killed(signal: Int32)
            /// It ran longer than allowed and was killed.
            case timedOut
        }
        public let end: End
        /// Standard output, at most `outputLimit` bytes.
        public let output: [UInt8]
        /// It wrote more than `output`.
        public let isCut: Bool
    }

    /// Runs `executable` (a path; no search) and waits for its end, at most `timeout`.
    ///
    /// Output beyond `outputLimit` is read and dropped, so the program never blocks on it. No
    /// other descriptor of ours reaches the program. Throws when it cannot be started.
    /// C function: `posix_spawn(3)`.
    public static func run(
        _ executable: String,
        _ arguments: [String],
        environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
        input: Stream = .none,
        error: Stream = .none,
        outputLimit: Int,
        timeout: Duration
    ) throws(Errno) -> Outcome {
        let pipe = try Pipe()
        let number = try start(
            executable,
            arguments,
            environment: environment,
            streams: [input, .descriptor(pipe.sink.number), error]
        )
        let source = pipe.closeSink()
        let process = try handle(for: number)
        var collector = Collector(limit: outputLimit)
        let isInTime = collector.collect(from: source, until: MonotonicTime.now + timeout, process)
        return Outcome(
            end: reap(number, killing: !isInTime),
            output: collector.bytes,
            isCut: collector.isCut
        )
    }

    /// Runs `executable` with its output going to `output`; otherwise as the other `run`.
    ///
    /// C function: `posix_spawn(3)`.
    public static func run(
        _ executable: String,
        _ arguments: [String],
        environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
        input: Stream = .none,
        output: Stream,
        error: Stream = .none,
        timeout: Duration
    ) throws(Errno) -> Outcome.End {
        let number = try start(
            executable,
            arguments,
            environment: environment,
            streams: [input, output, error]
        )
        let process = try handle(for: number)
        let collector = Collector(limit: 0)
        let isInTime = collector.wait(for: process, until: MonotonicTime.now + timeout)
        return reap(number, killing: !isInTime)
    }

    /// A descriptor that becomes readable when the process ends. C function: `pidfd_open(2)`.
    private static func handle(for process: pid_t) throws(Errno) -> Descriptor {
        do {
            return Descriptor(owning: try checked { pidfd_open(process, 0) })
        } catch {
            _ = reap(process, killing: true)
            throw error
        }
    }

    /// Collects the end of the process; kills it first when `killing`.
    private static func reap(_ process: pid_t, killing: Bool) -> Outcome.End {
        if killing { kill(process, SIGKILL) }
        var status: CInt = 0
        do {
            // Sound: the kernel writes one int.
            _ = try checked { unsafe waitpid(process, &status, 0) }
        } catch {
            preconditionFailure("a process of ours is collected once")
        }
        if killing { return .timedOut }
        return clinux_has_exited(status) != 0
            ? .exited(code: clinux_exit_code(status)) : .killed(signal: clinux_signal(status))
    }
}

/// The two ends of a pipe. C function: `pipe2(2)`.
private struct Pipe: ~Copyable {
    let source: Descriptor
    let sink: Descriptor

    init() throws(Errno) {
        var ends: [CInt] = [0, 0]
        // Sound: the kernel writes two numbers.
        _ = try checked { unsafe pipe2(&ends, O_CLOEXEC) }
        source = Descriptor(owning: ends[0])
        sink = Descriptor(owning: ends[1])
    }

    /// Keeps the end to read from; it ends when the program closes its copy of the other.
    consuming func closeSink() -> Descriptor { source }
}
