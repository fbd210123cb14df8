import API

// What a node that has joined a cluster asks of it.
extension AgentService {
    /// Keeps what the cluster knows of the node true, for as long as the agent runs. A disk on a
    /// workbench is no node of any cluster.
    func keepCluster() async {
        guard place.commandLine.state != nil else { return }
        await ClusterKeeper(
            cluster: cluster,
            operations: operations,
            reader: reader,
            bootstrapper: bootstrapper,
            told: ToldMark(state: state),
            place: place,
            bootID: host.bootID,
            logger: logger
        ).run()
    }

    /// Whether the cluster says that this node is Ready, since this boot.
    func checkNode(in round: HealthRound) async {
        let check = round.begin("node")
        do throws(ClusterError) {
            round.end(check, Self.judge(try await cluster.node(), bootID: host.bootID))
        } catch {
            let sentence = "\(error.words.prefix(1).uppercased())\(error.words.dropFirst())."
            round.end(check, (false, sentence), isExcused: error.blame == .cluster)
        }
    }

    /// A Node object of the boot before says nothing about this one.
    static func judge(_ node: ClusterNode, bootID: String) -> Finding {
        guard node.bootID == bootID else {
            return (false, "The cluster has not heard of \(node.name) since it was started.")
        }
        guard let ready = node.ready else {
            return (false, "The cluster does not say whether \(node.name) is Ready.")
        }
        guard ready.status == "True" else {
            let why = [ready.reason, ready.message].filter { !$0.isEmpty }.joined(separator: ": ")
            return (false, "The cluster says that \(node.name) is not Ready (\(why)).")
        }
        return (true, "The cluster says that \(node.name) is Ready.")
    }

    /// Refuses a drain that could not be made, before anything is written.
    func requireDrainable(_ request: Keel_V1_UpgradeRequest) throws(CallFailure) {
        guard request.drain.enabled else { return }
        guard request.reboot == .now, !request.stageOnly else {
            throw CallFailure(
                .badRequest,
                "the upgrade is refused: a drain goes with a reboot. Nothing was written."
            )
        }
        guard bootstrapper.membership != nil else {
            throw CallFailure(
                .nothingToDo,
                "the upgrade is refused: the node belongs to no cluster, so it has no pods to move "
                    + "away; ask without a drain. Nothing was written."
            )
        }
    }
}
