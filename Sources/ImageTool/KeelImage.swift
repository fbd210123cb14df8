import ArgumentParser
import Trust

@main
struct KeelImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keel-image",
        abstract: "Pack, sign and look into KeelOS releases",
        discussion: """
            For the build server: it holds the private keys, nodes never do.
            Exit codes: 0 done, 1 failed, 2 refused, 64 wrong usage.

            Example: keel-image pack --squashfs root.squashfs --version 1.2.0 --key release.key \
            --output keelos-1.2.0.keel
            """,
        subcommands: [
            Keygen.self, Pack.self, Sign.self, Verify.self, Inspect.self, Diff.self,
            MakeDisk.self,
        ]
    )

    static func main() {
        OpenSSLLibrary.staysToTheEnd()
        main(nil)
    }
}
