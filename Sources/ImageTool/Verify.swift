import ArgumentParser
import Slots
import Syscalls
import Trust

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that a node would install a bundle",
        discussion: """
            Reads every byte, and ends with 0 only if a node with this trust directory would take \
            it: form, signatures, policy, every chunk, the root and its hash tree.

            Example: keel-image verify keelos-1.2.0.keel --trust /etc/keel/trust
            """
    )

    @Argument(help: ArgumentHelp("Check this bundle", valueName: "file.keel"))
    var bundle: String

    @Option(help: ArgumentHelp("Check against this trust directory", valueName: "dir"))
    var trust: String

    func run() throws {
        try report(unchanged: "Nothing was changed.") { () throws(ToolError) in
            let policy = try TrustPolicy.read(trust)
            let now = Timestamp(seconds: Int(WallTime.now.components.seconds))
            let release = try Self.check(bundle, policy: policy, now: now)
            return """
                \(bundle) is whole and trusted by \(trust).
                Release: \(release.manifest.name) \(release.version), \
                epoch \(release.manifest.epoch), for \(release.manifest.board)
                Release digest: \(release.digest)
                """
        }
    }

    /// Judges the statement first, as a node does, and reads the root only then.
    static func check(
        _ path: String,
        policy: TrustPolicy,
        now: Timestamp
    ) throws(ToolError) -> Release {
        let bundle = try BundleFile(path)
        let hashing = OpenSSLHashing()
        let node = NodeFacts(
            epochFloor: policy.epoch,
            running: nil,
            loaderContract: nil,
            quarantined: [],
            clock: now,
            capacity: Int.max
        )
        let release: Release
        do throws(Distrust) {
            release = try policy.judge(
                bundle.statement,
                node: node,
                options: UpgradeOptions(),
                hashing: hashing,
                checker: Ed25519Checker()
            )
        } catch {
            throw .distrust(path, error)
        }
        try checkContent(of: bundle, hashing: hashing)
        return release
    }

    /// Holds every byte of the bundle against its manifest, and the root against the boot loader's
    /// abilities.
    static func checkContent(
        of bundle: BundleFile,
        hashing: OpenSSLHashing
    ) throws(ToolError) {
        let path = bundle.path
        let size = bundle.manifest.root.size
        let index = try bundle.index(hashing: hashing)
        var check = RootCheck(bundle.manifest, index: index, path: path, hashing: hashing)
        var isFirst = true
        try bundle.forEachRootPiece { bytes throws(ToolError) in
            try check.add(bytes)
            guard isFirst else { return }
            isFirst = false
            let head = (0..<SquashFSHeader.size).map { bytes[$0] }
            do throws(SquashFSFault) {
                _ = try SquashFSHeader(head, fileSize: size)
            } catch {
                throw .squashFS(path, error)
            }
        }
        try check.finish()
    }
}
