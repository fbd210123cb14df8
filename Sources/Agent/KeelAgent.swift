public import ArgumentParser
import InitLink
public import Logging
import Slots
import Synchronization
import Syscalls
import Trust

/// The agent of a KeelOS node: the one door into it.
@main
struct KeelAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keel-agent",
        abstract: "Serve the API of a KeelOS node",
        discussion: """
            Runs the slot engine on this machine's disk and answers osctl over gRPC with mutual \
            TLS. Until the node is bootstrapped only status, identity and bootstrap are served. \
            SIGTERM ends it in order.

            EXAMPLE: keel-agent --disk /dev/sda --trust /etc/keel/trust --plain-host
            """,
        version: AgentService.version
    )

    @Option(help: ArgumentHelp("Work on this disk or image file", valueName: "disk"))
    var disk: String

    @Option(help: ArgumentHelp("Believe the keys and policy in this folder", valueName: "dir"))
    var trust: String

    @Option(help: ArgumentHelp("Keep what must survive in this folder", valueName: "dir"))
    var state = "/var/lib/keel"

    @Option(help: ArgumentHelp("Serve on this address", valueName: "host:port"))
    var listen = "0.0.0.0:50051"

    @Option(
        name: .customLong("init"),
        help: ArgumentHelp("Ask the first process here", valueName: "socket")
    )
    var initSocket: String?

    @Flag(help: "Run on a machine with another first process")
    var plainHost = false

    @Flag(help: "Let the API restart a plain host")
    var allowReboot = false

    @Option(help: ArgumentHelp("Log from this level on", valueName: "level"))
    var logLevel: Logger.Level = .info

    static func main() {
        // Before there is a second thread, so that all of them hold the signals back.
        Signals.holdBack()
        OpenSSLLibrary.staysToTheEnd()
        Memory.returnLargeBlocks()
        main(nil)
    }

    func validate() throws {
        if (initSocket != nil) == plainHost {
            throw ValidationError("say either --init SOCKET or --plain-host")
        }
        if allowReboot, !plainHost {
            throw ValidationError("--allow-reboot goes with --plain-host")
        }
    }

    func run() throws {
        let ring = LogRing()
        let level = logLevel
        let logger = Logger(label: "agent") { _ in RingLogHandler(ring: ring, level: level) }
        do throws(Errno) {
            // A thousand connections that never finish a handshake must not keep a client out.
            let files = try OpenFiles.allow(65_536)
            logger.debug("Files may be open", metadata: ["limit": "\(files)"])
        } catch {
            logger.warning("The limit of open files stays", metadata: ["error": "\(error)"])
        }
        do throws(DaemonError) {
            let daemon = try Daemon(
                AgentSettings(disk: disk, trust: trust, state: state, listen: listen),
                initLink: link(ring),
                logger: logger
            )
            try Self.wait { () async throws(DaemonError) in try await daemon.start() }
            let signal = Signals.wait()
            logger.notice("A signal came", metadata: ["signal": "\(signal)"])
            try Self.wait { () async throws(DaemonError) in await daemon.stop() }
        } catch {
            logger.critical("The agent does not start", metadata: ["error": "\(error.sentence)"])
            throw ExitCode(1)
        }
    }

    private func link(_ ring: LogRing) -> any Init {
        if let initSocket { return InitClient(path: initSocket) }
        let host = PlainHost(
            log: ring,
            started: Int64(Timestamp.now.seconds),
            allowsReboot: allowReboot
        )
        return PoliteHost(host, allowsReboot: allowReboot)
    }

    /// Keeps the main thread, which waits for signals, out of Swift's concurrency.
    private static func wait(
        _ body: @escaping @Sendable () async throws(DaemonError) -> Void
    ) throws(DaemonError) {
        let done = Semaphore(0)
        let box = Box()
        Task {
            do throws(DaemonError) { try await body() } catch { box.set(.failure(error)) }
            done.signal()
        }
        done.wait()
        try box.value.get()
    }
}

/// Carries a result from a task to the thread that waits for it.
private final class Box: Sendable {
    private let outcome = Mutex<Result<Void, DaemonError>>(.success(()))

    var value: Result<Void, DaemonError> { outcome.withLock { $0 } }

    func set(_ value: Result<Void, DaemonError>) { outcome.withLock { $0 = value } }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
