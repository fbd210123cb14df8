public import ArgumentParser
import InitLink
public import Logging
import Slots
import Syscalls
import Trust

/// The agent of a KeelOS node: the one door into it.
@main
struct KeelAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keel-agent",
        abstract: "Serve the API of a KeelOS node",
        version: AgentService.version,
        subcommands: [Serve.self, RunKubelet.self, PreloadImages.self],
        defaultSubcommand: Serve.self
    )

    static func main() {
        OpenSSLLibrary.staysToTheEnd()
        main(nil)
    }
}

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API; what happens when no command is said",
        discussion: """
            Runs the slot engine on this machine's disk and answers osctl over gRPC with mutual \
            TLS. Until the node is bootstrapped only status, identity and bootstrap are served. \
            SIGTERM ends it in order.

            EXAMPLE: keel-agent --disk /dev/sda --trust /etc/keel/trust --plain-host
            """
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

    func validate() throws {
        if (initSocket != nil) == plainHost {
            throw ValidationError("say either --init SOCKET or --plain-host")
        }
        if allowReboot, !plainHost {
            throw ValidationError("--allow-reboot goes with --plain-host")
        }
    }

    func run() throws {
        // Before there is a second thread, so that all of them hold the signals back.
        Signals.holdBack()
        Memory.returnLargeBlocks()
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
            try Blocking.wait { () async throws(DaemonError) in try await daemon.start() }
            let signal = Signals.wait()
            logger.notice("A signal came", metadata: ["signal": "\(signal)"])
            Blocking.wait { await daemon.stop() }
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
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
