import Testing

@testable import Agent

@Suite("A cordon")
struct CordonTests {
    private static func node(_ isUnschedulable: Bool, _ owner: String?) -> ClusterNode {
        var node = ClusterNode(name: "node-7", version: "41")
        node.isUnschedulable = isUnschedulable
        node.annotations["other"] = "stays"
        node.annotations[Cordon.mark] = owner
        return node
    }

    @Test("whose it is decides what is done before a drain and after it")
    func table() {
        let cordon = NodePatch(
            version: "41",
            isUnschedulable: true,
            annotations: [Cordon.mark: "op-1"]
        )
        let undo = NodePatch(
            version: "41",
            isUnschedulable: false,
            annotations: [Cordon.mark: nil as String?]
        )
        let rows: [(Bool, String?, Cordon, NodePatch?)] = [
            (false, nil, .patch(cordon), nil),
            (false, "op-1", .patch(cordon), undo),
            (false, "op-0", .patch(cordon), undo),
            (true, nil, .isOthers, nil),
            (true, "op-1", .isOurs, undo),
            (true, "op-0", .patch(cordon), undo),
            (true, "", .patch(cordon), undo),
        ]
        for (isUnschedulable, owner, before, after) in rows {
            let node = Self.node(isUnschedulable, owner)
            #expect(Cordon(of: node, for: "op-1") == before, "\(isUnschedulable) \(owner ?? "-")")
            #expect(Cordon.undo(node) == after, "\(isUnschedulable) \(owner ?? "-")")
        }
    }

    @Test("it and its annotation are written in one patch, and removed in one")
    func patches() {
        guard case .patch(let patch) = Cordon(of: Self.node(false, nil), for: "op-1"),
            let undo = Cordon.undo(Self.node(true, "op-1"))
        else {
            Issue.record("there is a patch for each")
            return
        }
        #expect(
            String(decoding: patch.json.bytes, as: UTF8.self)
                == #"{"metadata":{"annotations":{"keelos.io/cordoned-by-upgrade":"op-1"},"#
                + #""resourceVersion":"41"},"spec":{"unschedulable":true}}"#
        )
        #expect(
            String(decoding: undo.json.bytes, as: UTF8.self)
                == #"{"metadata":{"annotations":{"keelos.io/cordoned-by-upgrade":null},"#
                + #""resourceVersion":"41"},"spec":{"unschedulable":null}}"#
        )
    }

    private func run(_ cluster: ModelCluster) async -> Result<Bool, ClusterError> {
        do throws(ClusterError) {
            return .success(try await Uncordon(cluster: cluster, time: cluster).run())
        } catch {
            return .failure(error)
        }
    }

    @Test("ours is taken away once; an administrator's, and none, are left alone")
    func undone() async {
        for (isUnschedulable, owner) in [
            (true, "op-1"), (false, "op-1"), (true, nil), (false, nil),
        ] {
            let cluster = ModelCluster { $0.node = Self.node(isUnschedulable, owner) }
            #expect(await run(cluster) == .success(owner != nil))
            #expect(cluster.facts.isUnschedulable == (isUnschedulable && owner == nil))
            #expect(cluster.facts.annotations == ["other": "stays"])
            #expect(await run(cluster) == .success(false))
        }
    }

    @Test("a cluster at fault is asked three times, one that refuses once")
    func tries() async {
        let refusal = ClusterError.refused(
            ModelCluster.server,
            .changeNode,
            status: 403,
            message: "no"
        )
        let refusing = ModelCluster { state in
            state.node = Self.node(true, "op-1")
            state.refusals["patch"] = refusal
        }
        #expect(await run(refusing) == .failure(refusal))
        #expect(refusing.requests.count == 2)
        let away = ModelCluster { state in
            state.node = Self.node(true, "op-1")
            state.away = [.zero..<(.seconds(100))]
        }
        guard case .failure(.unreachable) = await run(away) else {
            Issue.record("nobody was there")
            return
        }
        #expect(away.requests.count == 3)
        #expect(away.isOurs)
    }

    @Test("a node that changes between reading and patching is read again")
    func conflict() async {
        let cluster = ModelCluster { state in
            state.node = Self.node(true, "op-1")
            state.orders = [(ModelCluster.latency * 1.5, { $0.labels["zone"] = "a" })]
        }
        #expect(await run(cluster) == .success(true))
        #expect(!cluster.facts.isUnschedulable)
        #expect(cluster.requests.map(\.act) == ["read", "patch", "read", "patch"])
    }

    @Test("an annotation that is gone by the second try needs no third")
    func lost() async {
        let cluster = ModelCluster { state in
            state.node = Self.node(true, "op-1")
            state.fault = { act, _ in act == "patch" ? .after : nil }
        }
        #expect(await run(cluster) == .success(false))
        #expect(!cluster.facts.isUnschedulable)
    }
}
