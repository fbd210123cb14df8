import Slots
import SlotsFetch
import Syscalls

/// An upgrade of a disk on the workbench.
struct DiskUpgrade {
    private let command: Upgrade
    private let source: String

    init(_ command: Upgrade, _ source: String) {
        self.command = command
        self.source = source
    }

    func run(_ bench: Workbench) throws(CommandError) -> String {
        let engine = command.dryRun ? try Self.reader(bench) : try bench.openEngine()
        let fetch = try command.network.options(ca: command.options.connection.ca)
        let observer = ProgressPrinter()
        do throws(UpdateError) {
            let bundle = try open(fetch)
            let verified = try engine.verify(bundle, options: wishes, observer: observer)
            if command.dryRun { return Self.preview(verified) }
            let release = verified.release
            let target = verified.target
            let written = try verified.write(from: bundle, observer: observer)
            if command.stage || command.noReadBack {
                let what = command.noReadBack ? "written, not proved" : "staged"
                return "\(release.version) is \(what), "
                    + "in slot \(target). " + Truth.boots(try bench.machine.readNode())
            }
            try written.activate()
            return release.installedSentence(bundle.traffic) + " "
                + Truth.boots(try bench.machine.readNode())
        } catch {
            if case .alreadyRunning = error { return error.sentence + " Nothing was written." }
            throw .update(error)
        }
    }

    /// The engine for a dry run must not repair: nothing is written.
    private static func reader(_ bench: Workbench) throws(CommandError) -> Engine {
        Engine(reading: bench.machine)
    }

    private var wishes: UpgradeOptions {
        UpgradeOptions(
            expectedDigest: command.digest.flatMap(Digest.init(hex:)),
            allowsDowngrade: command.allowDowngrade,
            retriesQuarantined: command.retryQuarantined,
            reuses: !command.noReuse,
            readsBack: !command.noReadBack
        )
    }

    private func open(_ fetch: FetchOptions) throws(UpdateError) -> BundleSource {
        do {
            return try BundleSource(
                source,
                options: fetch,
                expectsReuse: !command.noReuse,
                random: SystemRandomNumberGenerator()
            )
        } catch {
            throw .source(error)
        }
    }

    private static func preview(_ verified: borrowing Transaction<Verified>) -> String {
        let head = verified.previewSentence + " Nothing was written."
        guard let plan = verified.plan, !verified.isInstalled else { return head }
        let release = verified.release
        let written = release.manifest.root.size - plan.inPlaceBytes
        let index = release.manifest.chunks.count * ChunkIndex.entrySize
        return """
            \(head)
            fetch    \(plan.fetchBytes + index) bytes in \(plan.wanted.count + 1) requests
            write    \(written) bytes
            in place \(plan.inPlaceBytes) bytes
            copied   \(plan.runningBytes) bytes from the running slot
            """
    }
}
