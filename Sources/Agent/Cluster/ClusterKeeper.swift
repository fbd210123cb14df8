import API
import Logging
import Slots
import SlotsDisk
import SlotsLayout
import Trust

/// Keeps true what the cluster knows of this node: takes an upgrade's cordon away when the upgrade
/// is over, writes labels and annotations that tell the release, and tells what happened to
/// releases as Events.
///
/// All of it from what is on the disk and in the cluster, so it does not matter who asked for the
/// upgrade, or whether the agent or the machine was started anew in between.
struct ClusterKeeper: Sendable {
    let cluster: ClusterClient
    let operations: Operations
    let reader: NodeReader
    let bootstrapper: Bootstrapper
    let told: ToldMark
    let place: Place
    let bootID: String
    let logger: Logger

    /// Between two looks, while something is awaited, and when everything is in order.
    private static let soon = Duration.seconds(5)
    private static let later = Duration.seconds(60)

    func run() async {
        var trouble = ""
        while !Task.isCancelled {
            var pause = Self.later
            let seen = lastOperation
            do throws(ClusterError) {
                if let membership = bootstrapper.membership, try await !look(membership) {
                    pause = Self.soon
                }
                trouble = ""
            } catch {
                pause = error.blame == .node ? Self.soon : Self.soon * 3
                if error.words != trouble {
                    trouble = error.words
                    logger.warning(
                        "The cluster does not hear of this node",
                        metadata: ["error": "\(trouble)"]
                    )
                }
            }
            do { try await rest(pause, since: seen) } catch { return }
        }
    }

    /// Shorter when an operation began or ended since then: there is news for the cluster.
    private func rest(_ pause: Duration, since seen: [String]) async throws {
        let end = ContinuousClock.now + pause
        while lastOperation == seen, ContinuousClock.now < end {
            try await Task.sleep(for: min(Self.soon, end - ContinuousClock.now))
        }
    }

    private var lastOperation: [String] {
        operations.list().first.map { [$0.id, "\($0.state)"] } ?? []
    }

    /// One look. True when nothing is awaited any more.
    private func look(_ membership: Digest) async throws(ClusterError) -> Bool {
        let found = try await cluster.node()
        let picture: NodePicture
        do throws(AgentError) { picture = try await reader.read() } catch {
            // Nothing is said of a disk that cannot be read; the agent's own log has it.
            return false
        }
        guard found.bootID == bootID, found.ready?.status == "True" else { return false }
        let isSettled = try await uncordon(found, picture)
        try await report(found, picture)
        try await tell(membership, picture)
        return isSettled
    }

    /// Not while the release is on trial, nor while an operation drains the node or is about to
    /// restart it. False while there is a cordon of ours.
    private func uncordon(
        _ found: ClusterNode,
        _ picture: NodePicture
    ) async throws(ClusterError) -> Bool {
        guard picture.node.standing == .trusted else { return false }
        guard found.annotations[Cordon.mark] != nil else { return true }
        if let operation = operations.active, operation.phase.needsCordon { return false }
        guard try await Uncordon(cluster: cluster, time: MachineTime()).run() else { return true }
        logger.notice("The node takes new pods again")
        return true
    }

    private func report(_ found: ClusterNode, _ picture: NodePicture) async throws(ClusterError) {
        let report = NodeReport(picture.node, operation: operations.list().first)
        guard let rest = report.differences(from: found.labels, found.annotations) else { return }
        _ = try await cluster.patchNode(
            NodePatch(
                annotations: rest.annotations.mapValues { $0 as String? },
                labels: rest.labels.mapValues { $0 as String? }
            )
        )
    }

    private func tell(_ membership: Digest, _ picture: NodePicture) async throws(ClusterError) {
        let (place, told) = (place, told)
        let running = picture.node.running.flatMap { picture.node.contents[$0].release }
        let tidings: NodeTidings
        do throws(AgentError) {
            tidings = try await Offload.run("tidings") { () throws(AgentError) in
                try NodeTidings(place, told: told.read(membership), running: running)
            }
        } catch {
            logger.error("The history cannot be told", metadata: ["error": "\(error.sentence)"])
            return
        }
        for event in tidings.events {
            try await cluster.write(
                NodeEvent(
                    mark: event.mark,
                    reason: event.reason,
                    message: event.message,
                    isWarning: event.kind == .warning,
                    time: event.time ?? .now
                )
            )
        }
        do throws(StateError) { try told.keep(tidings.mark ?? "", membership) } catch {
            logger.error("What was told is not kept", metadata: ["error": "\(error.words)"])
        }
    }
}

extension Keel_V1_Operation.Phase {
    /// The node is being emptied, or is about to be started anew.
    fileprivate var needsCordon: Bool { [.draining, .activating, .rebooting].contains(self) }
}

extension NodeTidings {
    /// From the disk; the causes of failures are those that the node's black box has.
    fileprivate init(
        _ place: Place,
        told: String?,
        running: Release?
    ) throws(AgentError) {
        let lines: [[UInt8]]
        do throws(HistoryError) { lines = try HistoryFile(inFolder: place.history).lines() } catch {
            throw .history(error)
        }
        let accounts = try? BlackBoxRing.accounts(onDisk: place.disk, hashing: OpenSSLHashing())
        self.init(
            lines.compactMap(HistoryEntry.init(parsing:)),
            told: told,
            running: running?.version.description ?? "an unknown release"
        ) { entry in
            let account = accounts?.first { account in
                account.entry.slot == entry.slot && account.entry.digest == entry.digest
                    && !account.entry.failed.isEmpty
            }
            return account.map { "\($0.entry.failed): \($0.entry.reason)" }
        }
    }
}
