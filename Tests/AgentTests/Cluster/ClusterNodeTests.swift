import Slots
import Testing

@testable import Agent

@Suite("Objects of the cluster")
struct ClusterNodeTests {
    private static func object(_ text: String) -> JSONObject? {
        JSONObject(parsing: Array(text.utf8))
    }

    /// As a kubelet 1.31 and the API server make it, shortened.
    private static let text = """
        {"kind": "Node", "apiVersion": "v1",
         "metadata": {"name": "node-7", "uid": "9d0f", "resourceVersion": "1234",
          "labels": {"kubernetes.io/hostname": "node-7", "zone": "a"},
          "annotations": {"keelos.io/cordoned-by-upgrade": "op-1", "n": "1"},
          "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {"f:conditions": {
           "k:{\\"type\\":\\"Ready\\"}": {"f:lastHeartbeatTime": {}}}}}}]},
         "spec": {"podCIDR": "10.244.1.0/24", "unschedulable": true, "taints": [
          {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule",
           "timeAdded": "2026-01-02T03:00:00Z"},
          {"key": "gpu", "value": "yes", "effect": "NoExecute"}]},
         "status": {"capacity": {"cpu": "2"}, "conditions": [
          {"type": "MemoryPressure", "status": "False"},
          {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-02T03:04:05Z",
           "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "KubeletReady",
           "message": "kubelet is posting ready status"}],
          "addresses": [{"type": "InternalIP", "address": "10.0.0.7"},
           {"type": "Hostname", "address": "node-7"}],
          "nodeInfo": {"machineID": "m", "bootID": "b-1", "kubeletVersion": "v1.31.2"},
          "images": [{"names": ["x"], "sizeBytes": 12345678901}]}}
        """

    @Test("a Node says whether it is ready, in which boot, and who keeps pods away")
    func node() throws {
        let node = try #require(Self.object(Self.text).flatMap { ClusterNode($0) })
        #expect(node.name == "node-7")
        #expect(node.version == "1234")
        #expect(node.isUnschedulable)
        #expect(node.labels == ["kubernetes.io/hostname": "node-7", "zone": "a"])
        #expect(node.annotations == ["keelos.io/cordoned-by-upgrade": "op-1", "n": "1"])
        #expect(
            node.taints == [
                .init(key: "node.kubernetes.io/unschedulable", value: "", effect: "NoSchedule"),
                .init(key: "gpu", value: "yes", effect: "NoExecute"),
            ]
        )
        #expect(
            node.addresses == [
                .init(kind: "InternalIP", address: "10.0.0.7"),
                .init(kind: "Hostname", address: "node-7"),
            ]
        )
        #expect(node.bootID == "b-1")
        #expect(node.kubeletVersion == "v1.31.2")
        #expect(
            node.ready
                == .init(
                    status: "True",
                    reason: "KubeletReady",
                    message: "kubelet is posting ready status",
                    heartbeat: Timestamp("2026-01-02T03:04:05Z")
                )
        )
    }

    @Test("a Node that no kubelet has written to yet says nothing")
    func bare() throws {
        let text = #"{"kind":"Node","metadata":{"name":"n","resourceVersion":"1"}}"#
        let node = try #require(Self.object(text).flatMap { ClusterNode($0) })
        #expect(node == ClusterNode(name: "n", version: "1"))
        let odd =
            #"{"kind":"Node","metadata":{"name":"n","resourceVersion":"1","labels":null},"#
            + #""spec":{"taints":null,"unschedulable":"yes"},"status":{"conditions":"#
            + #"[{"type":"Ready","status":"Unknown","lastHeartbeatTime":null}]}}"#
        let other = try #require(Self.object(odd).flatMap { ClusterNode($0) })
        #expect(!other.isUnschedulable)
        #expect(other.ready == .init(status: "Unknown", reason: "", message: "", heartbeat: nil))
    }

    @Test(
        "what is no Node is none",
        arguments: [
            "{}", #"{"kind":"Pod","metadata":{"name":"n","resourceVersion":"1"}}"#,
            #"{"kind":"Node"}"#, #"{"kind":"Node","metadata":{"name":"n"}}"#,
            #"{"kind":"Node","metadata":{"name":1,"resourceVersion":"1"}}"#,
        ]
    )
    func noNode(text: String) {
        #expect(Self.object(text).flatMap { ClusterNode($0) } == nil)
    }

    @Test("a pod's controller, mirror, phase and end are read; other owners do not count")
    func pod() throws {
        let text = #"""
            {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u",
              "deletionTimestamp": "2026-01-02T03:04:05Z",
              "annotations": {"kubernetes.io/config.mirror": ""},
              "ownerReferences": [{"kind": "Node", "name": "n"},
               {"kind": "DaemonSet", "name": "d", "controller": true}]},
             "status": {"phase": "Running"}}
            """#
        let pod = try #require(Self.object(text).flatMap { PodFacts($0) })
        #expect(
            pod
                == PodFacts(
                    name: PodName(namespace: "shop", name: "web-1"),
                    uid: "u",
                    phase: "Running",
                    isMirror: true,
                    controller: "DaemonSet",
                    isEnding: true
                )
        )
        let plain =
            #"{"metadata":{"name":"a","namespace":"b","uid":"u","ownerReferences":"#
            + #"[{"kind":"DaemonSet","controller":false}]}}"#
        let other = try #require(Self.object(plain).flatMap { PodFacts($0) })
        #expect(other.controller.isEmpty && !other.isMirror && !other.isEnding)
        #expect(other.isInTheWay)
        for text in [
            "{}", #"{"metadata":{"name":"a","namespace":"b"}}"#,
            #"{"metadata":{"name":"a","namespace":"b","uid":""}}"#,
            #"{"metadata":{"name":"a","uid":"u"}}"#,
            #"{"metadata":{"name":"a/b","namespace":"b","uid":"u"}}"#,
        ] {
            #expect(Self.object(text).flatMap { PodFacts($0) } == nil, "\(text)")
        }
    }

    @Test("an object as deep as a pod's managed fields is read")
    func deep() {
        let count = 40
        let text =
            #"{"metadata":{"name":"a","namespace":"b","uid":"u","x":"#
            + String(repeating: #"{"f":"#, count: count) + "{}"
            + String(repeating: "}", count: count) + "}}"
        #expect(Self.object(text).flatMap { PodFacts($0) } != nil)
    }

    @Test("a JSON value is written so that a server in Go reads it")
    func written() {
        let value = JSONValue.object([
            "b": .list([.number(1), .number(-20), .flag(true), .flag(false), .nothing]),
            "a \"\\\u{1}\n\u{e4}": .text("\u{2028}</\u{7f}"), "c": .object([:]), "d": .list([]),
        ])
        #expect(
            String(decoding: value.bytes, as: UTF8.self)
                == #"{"a \"\\\u0001\n"# + "\u{e4}\":\"\u{2028}</\u{7f}\","
                + #""b":[1,-20,true,false,null],"c":{},"d":[]}"#
        )
        #expect(Self.object(String(decoding: value.bytes, as: UTF8.self)) != nil)
    }
}
