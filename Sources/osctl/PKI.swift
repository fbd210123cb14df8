import ArgumentParser
import Slots
import Syscalls
import Trust

/// Certificates for nodes without a cluster, made and kept on the administrator's own machine.
struct PKI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki",
        abstract: "Make certificates for nodes without a cluster",
        discussion: """
            A folder holds the authority (ca.crt, ca.key) and what it issued. Give a node the \
            authority with osctl bootstrap --client-ca DIR/ca.crt.

            EXAMPLE: osctl pki init ~/keel-pki
            """,
        subcommands: [Init.self, Issue.self]
    )

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an authority and an administrator",
            discussion: """
                Writes ca.crt, ca.key, admin.crt and admin.key. A file that is there already is \
                never replaced.

                EXAMPLE: osctl pki init ~/keel-pki
                """
        )

        @Argument(help: ArgumentHelp("Folder, made when it is missing", valueName: "dir"))
        var folder: String

        @Option(help: ArgumentHelp("How long the authority is valid", valueName: "days"))
        var days: Int = 3650

        func validate() throws { try PKI.check(days) }

        func run() throws {
            let days = days
            try PKI.say { () throws(PKIError) in
                try PKIFolder(folder).begin(days: days, from: PKI.start)
            }
        }
    }

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue a client certificate",
            discussion: """
                Writes NAME.crt and NAME.key beside the authority. A file that is there already is \
                never replaced.

                EXAMPLE: osctl pki issue ~/keel-pki --name alice --role operator
                """
        )

        @Argument(help: ArgumentHelp("Folder that osctl pki init made", valueName: "dir"))
        var folder: String

        @Option(help: "Whom it is for; also the name of its files")
        var name: String

        @Option(help: "What it may do: reader, operator or admin")
        var role: ClientRole

        @Option(help: ArgumentHelp("How long it is valid", valueName: "days"))
        var days: Int = 365

        func validate() throws {
            try PKI.check(days)
            guard PKIFolder.isName(name) else {
                throw ValidationError(
                    "--name takes 1 to 64 letters, digits and ._@-, beginning with a letter or a "
                        + "digit, and not \"ca\""
                )
            }
        }

        func run() throws {
            let (name, role, days) = (name, role, days)
            try PKI.say { () throws(PKIError) in
                try PKIFolder(folder).issue(name, role: role, days: days, from: PKI.start)
            }
        }
    }

    /// An hour ago: a node whose clock is a little behind takes it all the same.
    private static var start: Timestamp {
        Timestamp(seconds: Int(WallTime.now.components.seconds) - 3600)
    }

    private static func check(_ days: Int) throws {
        guard (1...36500).contains(days) else { throw ValidationError("--days is 1 to 36500") }
    }

    /// Prints what was made, or why nothing was, and ends with the code that belongs to it.
    private static func say(_ body: () throws(PKIError) -> String) throws(ExitCode) {
        do throws(PKIError) { print(try body()) } catch {
            let sentence = Array("osctl: \(error.sentence)\n".utf8)
            do throws(Errno) { try StandardError.write(sentence.span) } catch {}
            throw ExitCode(error.isRefusal ? 2 : 1)
        }
    }
}

/// The organisations that a node knows.
enum ClientRole: String, ExpressibleByArgument, CaseIterable {
    case reader
    case `operator`
    case admin

    /// As it stands in the certificate.
    var organisation: String { "keelos:\(rawValue)" }
}
