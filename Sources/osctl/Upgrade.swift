import ArgumentParser
import Slots
import SlotsFetch
import Syscalls

struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Install a release into the other slot",
        discussion: """
            SOURCE is an http or https URL, a file, or - for standard input. Every byte is checked \
            before it is written, and read back before the slot may boot. An upgrade that was cut \
            short is taken up where it stopped by the same command.

            EXAMPLE: osctl --disk disk.img --trust trust upgrade https://host/keelos-1.2.0.keel
            """
    )

    @ParentCommand var options: Osctl

    @Argument(help: "URL, file or - to read the release from")
    var source: String

    @Flag(help: "Check and plan everything, write nothing")
    var dryRun = false

    @Flag(help: "Write and prove, but do not let it boot yet")
    var stage = false

    @Flag(help: "Fetch everything, keep nothing that is there")
    var noReuse = false

    @Option(help: ArgumentHelp("Refuse any other release than this", valueName: "sha256"))
    var digest: String?

    @Flag(help: "Accept an older release than the running one")
    var allowDowngrade = false

    @Flag(help: "Accept a release that was found unhealthy")
    var retryQuarantined = false

    @Flag(help: .hidden)
    var noReadBack = false

    @OptionGroup(title: "Network options")
    var network: NetworkOptions

    @Option(help: ArgumentHelp("Write at most this many bytes a second", valueName: "bytes"))
    var diskRate: Int?

    func validate() throws {
        if let digest, Digest(hex: digest) == nil {
            throw ValidationError("--digest takes 64 hexadecimal digits, found \"\(digest)\"")
        }
        if let diskRate, diskRate <= 0 {
            throw ValidationError("--disk-rate takes a positive number, found \(diskRate)")
        }
    }

    func run() throws {
        try osctl.run(options, writing: !dryRun, bytesPerSecond: diskRate) {
            (bench) throws(CommandError) in
            try upgrade(bench)
        }
    }

    private func upgrade(_ bench: Workbench) throws(CommandError) -> String {
        let engine = dryRun ? try Self.reader(bench) : try bench.openEngine()
        let fetch = try network.options()
        let observer = ProgressPrinter()
        do throws(UpdateError) {
            let bundle = try open(fetch)
            let verified = try engine.verify(bundle, options: wishes, observer: observer)
            if dryRun { return Self.preview(verified) }
            let release = verified.release
            let target = verified.target
            let written = try verified.write(from: bundle, observer: observer)
            if stage || noReadBack {
                return "\(release.version) is \(noReadBack ? "written, not proved" : "staged"), "
                    + "in slot \(target). " + Truth.boots(try bench.machine.readNode())
            }
            try written.activate()
            return Self.summary(release, bundle.traffic) + " "
                + Truth.boots(try bench.machine.readNode())
        } catch .alreadyRunning(let slot, let version, let standing) {
            let state = standing == .trusted ? "trusted" : "on trial"
            return "\(version) is in slot \(slot) already, \(state), and boots next. "
                + "Nothing was written."
        } catch {
            throw .update(error)
        }
    }

    /// The engine for a dry run must not repair: nothing is written.
    private static func reader(_ bench: Workbench) throws(CommandError) -> Engine {
        Engine(reading: bench.machine)
    }

    private var wishes: UpgradeOptions {
        UpgradeOptions(
            expectedDigest: digest.flatMap(Digest.init(hex:)),
            allowsDowngrade: allowDowngrade,
            retriesQuarantined: retryQuarantined,
            reuses: !noReuse,
            readsBack: !noReadBack
        )
    }

    private func open(_ fetch: FetchOptions) throws(UpdateError) -> BundleSource {
        do {
            return try BundleSource(
                source,
                options: fetch,
                expectsReuse: !noReuse,
                random: SystemRandomNumberGenerator()
            )
        } catch {
            throw .source(error)
        }
    }

    private static func preview(_ verified: borrowing Transaction<Verified>) -> String {
        let release = verified.release
        guard let plan = verified.plan, !verified.isInstalled else {
            return "\(release.version) is in slot \(verified.target) already: it would be read back"
                + " and armed. Nothing was written."
        }
        let written = release.manifest.root.size - plan.inPlaceBytes
        let head = release.manifest.chunks.count * ChunkIndex.entrySize
        return """
            \(release.version) would go into slot \(verified.target). Nothing was written.
            fetch    \(plan.fetchBytes + head) bytes in \(plan.wanted.count + 1) requests
            write    \(written) bytes
            in place \(plan.inPlaceBytes) bytes
            copied   \(plan.runningBytes) bytes from the running slot
            """
    }

    private static func summary(_ release: Release, _ traffic: Traffic) -> String {
        "\(release.version) (\(release.digest.short)) is installed: \(traffic.bytes) bytes fetched "
            + "in \(traffic.requests) requests"
            + (traffic.retries > 0 ? ", \(traffic.retries) of them retries." : ".")
    }
}
