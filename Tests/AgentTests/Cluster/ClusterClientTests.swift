import Slots
import Testing
import Trust

@testable import Agent

@Suite("The node's cluster")
struct ClusterClientTests {
    private static let nodeLine = "GET /api/v1/nodes/node-7"
    private static let evictLine = "POST /api/v1/namespaces/shop/pods/web-1/eviction"
    private static let podsLine =
        "GET /api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7&limit=20"
    private static let pod = ClusterTexts.pod("web-1", uid: "uid-1")

    private static func node(_ rest: String = "") -> String {
        #"{"kind":"Node","metadata":{"name":"node-7","resourceVersion":"41"}\#(rest)}"#
    }

    private static func pods(_ names: [String], rest: String = "") -> String {
        let items = names.map {
            #"{"metadata":{"name":"\#($0)","namespace":"shop","uid":"u-\#($0)"}}"#
        }
        return #"{"kind":"PodList","metadata":{"continue":"\#(rest)"},"items":["#
            + items.joined(separator: ",") + "]}"
    }

    private static func status(
        _ code: Int,
        _ message: String,
        kind: String = "",
        cause: String? = nil
    ) -> String {
        let causes = cause.map { #","causes":[{"reason":"DisruptionBudget","message":"\#($0)"}]"# }
        return #"{"kind":"Status","status":"Failure","code":\#(code),"message":"\#(message)","#
            + #""details":{"kind":"\#(kind)"\#(causes ?? "")}}"#
    }

    private static let accepted = #"{"kind":"Status","status":"Success","code":201}"#

    private func error(
        _ body: () async throws(ClusterError) -> Void
    ) async -> ClusterError? {
        do throws(ClusterError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("the node is read with the kubelet's certificate, over TLS that the CA vouches for")
    func readNode() async throws {
        let server = try ClusterServer([Self.nodeLine: [(200, Self.node())]])
        let node = try await server.client().node()
        #expect(node == ClusterNode(name: "node-7", version: "41"))
        #expect(
            server.requests == [
                .init(line: Self.nodeLine, type: "", user: "system:node:node-7", body: "")
            ]
        )
    }

    @Test("a patch of the node is a merge patch, and what the node is then comes back")
    func patchNode() async throws {
        let line = "PATCH /api/v1/nodes/node-7"
        let server = try ClusterServer([
            line: [(200, Self.node(#","spec":{"unschedulable":true}"#))]
        ])
        let patch = NodePatch(
            version: "40",
            isUnschedulable: true,
            annotations: ["a/b": "\"c\"", "d": nil as String?],
            labels: ["zone": "x"]
        )
        let node = try await server.client().patchNode(patch)
        #expect(node.isUnschedulable)
        let request = try #require(server.requests.first)
        #expect(request.line == line)
        #expect(request.type == "application/merge-patch+json")
        #expect(
            request.body
                == #"{"metadata":{"annotations":{"a/b":"\"c\"","d":null},"labels":{"zone":"x"},"#
                + #""resourceVersion":"40"},"spec":{"unschedulable":true}}"#
        )
    }

    @Test("pods are listed page by page, by the selector that a node may use")
    func listPods() async throws {
        let server = try ClusterServer([
            Self.podsLine: [(200, Self.pods(["a", "b"], rest: "x/y+z=="))],
            Self.podsLine + "&continue=x%2Fy%2Bz%3D%3D": [(200, Self.pods(["c"], rest: "2"))],
            Self.podsLine + "&continue=2": [(200, Self.pods([]))],
        ])
        let pods = try await server.client().pods()
        #expect(pods.map(\.name.description) == ["shop/a", "shop/b", "shop/c"])
        #expect(server.requests.count == 3)
    }

    @Test("a list that never ends is given up")
    func endless() async throws {
        let server = try ClusterServer([
            Self.podsLine: [(200, Self.pods([], rest: "1"))],
            Self.podsLine + "&continue=1": [(200, Self.pods([], rest: "1"))],
        ])
        let error = await error { () async throws(ClusterError) in
            _ = try await server.client().pods()
        }
        #expect(error == .malformed(try ServerAddress(server.address), .listPods))
        #expect(server.requests.count == 200)
    }

    @Test("an eviction names the pod's UID, and a new server is asked in the new version alone")
    func evict() async throws {
        let server = try ClusterServer([Self.evictLine: [(201, Self.accepted)]])
        let client = server.client()
        #expect(try await client.evict(Self.pod) == .accepted)
        #expect(try await client.evict(Self.pod) == .accepted)
        let body =
            #"{"apiVersion":"policy/v1","deleteOptions":{"preconditions":{"uid":"uid-1"}},"#
            + #""kind":"Eviction","metadata":{"name":"web-1","namespace":"shop"}}"#
        let request = ClusterServer.Request(
            line: Self.evictLine,
            type: "application/json",
            user: "system:node:node-7",
            body: body
        )
        #expect(server.requests == [request, request])
    }

    @Test("an old server is asked again in the old version, which is remembered")
    func oldServer() async throws {
        let unknown = Self.status(
            400,
            #"Eviction in version \"v1\" cannot be handled as a Eviction"#
        )
        let missing = Self.status(404, "the server could not find the requested resource")
        for answer in [(400, unknown), (404, missing), (404, "404 page not found")] {
            let server = try ClusterServer([Self.evictLine: [answer, (201, Self.accepted)]])
            let client = server.client()
            #expect(try await client.evict(Self.pod) == .accepted)
            #expect(try await client.evict(Self.pod) == .accepted)
            let versions = server.requests.compactMap {
                JSONObject(parsing: Array($0.body.utf8))?.text("apiVersion")
            }
            #expect(versions == ["policy/v1", "policy/v1beta1", "policy/v1beta1"])
        }
    }

    @Test("a server that is upgraded meanwhile is asked in the new version again")
    func upgraded() async throws {
        let unknown = Self.status(400, "no kind")
        let server = try ClusterServer([
            Self.evictLine: [
                (400, unknown), (201, Self.accepted), (400, unknown), (201, Self.accepted),
            ]
        ])
        let client = server.client()
        #expect(try await client.evict(Self.pod) == .accepted)
        #expect(try await client.evict(Self.pod) == .accepted)
        let versions = server.requests.compactMap {
            JSONObject(parsing: Array($0.body.utf8))?.text("apiVersion")
        }
        #expect(versions == ["policy/v1", "policy/v1beta1", "policy/v1beta1", "policy/v1"])
    }

    @Test("a server that takes neither version says why to the new one")
    func neither() async throws {
        let server = try ClusterServer([
            Self.evictLine: [
                (400, Self.status(400, "first")), (400, Self.status(400, "second")),
            ]
        ])
        let error = await error { () async throws(ClusterError) in
            _ = try await server.client().evict(Self.pod)
        }
        #expect(
            error
                == .answered(
                    try ServerAddress(server.address),
                    .evict(Self.pod.name),
                    status: 400,
                    message: "first"
                )
        )
    }

    @Test("what a server says to an eviction is told apart")
    func evictions() async throws {
        let budget = "The disruption budget web needs 2 healthy pods and has 2 currently"
        let rows: [(Int, String, EvictionAnswer)] = [
            (200, Self.accepted, .accepted),
            (404, Self.status(404, "gone", kind: "pods"), .gone),
            (404, Self.status(404, "gone", kind: "pod"), .gone),
            (429, Self.status(429, "no", cause: budget), .budget(budget)),
            (429, Self.status(429, "no", cause: ""), .budget("")),
            (429, Self.status(429, "Too many requests."), .postponed("Too many requests")),
            (429, "later", .postponed("")),
        ]
        for (status, body, answer) in rows {
            let server = try ClusterServer([Self.evictLine: [(status, body)]])
            #expect(try await server.client().evict(Self.pod) == answer, "\(status) \(body)")
            #expect(server.requests.count == 1)
        }
    }

    @Test("a success whose body speaks of a failure is a failure")
    func falseSuccess() async throws {
        let server = try ClusterServer([
            Self.evictLine: [(201, Self.status(500, "more than one PodDisruptionBudget"))]
        ])
        let error = await error { () async throws(ClusterError) in
            _ = try await server.client().evict(Self.pod)
        }
        #expect(
            error
                == .answered(
                    try ServerAddress(server.address),
                    .evict(Self.pod.name),
                    status: 500,
                    message: "more than one PodDisruptionBudget"
                )
        )
        #expect(error?.blame == .cluster)
    }

    @Test("an answer that is not what was asked for has its sentence and its blame")
    func answers() async throws {
        let refused = "does not let this node read its Node object (status"
        let answered = "asked to let this node read its Node object, the API server"
        let other = "answers, but not as an API server does"
        let rows: [(Int, String, ClusterError.Blame, String)] = [
            (
                403, Self.status(403, "nodes is forbidden."), .refusal,
                "\(refused) 403): nodes is forbidden."
            ),
            (401, Self.status(401, "Unauthorized"), .refusal, "\(refused) 401): Unauthorized."),
            (401, "", .refusal, "\(refused) 401)."),
            (404, Self.status(404, "not\\nfound"), .refusal, "status 404: not found."),
            (409, Self.status(409, ""), .cluster, "answered with status 409."),
            (429, "busy", .cluster, answered),
            (500, Self.status(500, "etcd"), .cluster, "answered with status 500: etcd."),
            (503, "<html>", .cluster, answered),
            (302, "", .refusal, "answered with status 302."),
            (200, "<html>", .cluster, other),
            (200, "{}", .cluster, other),
            (200, #"{"kind":"Node","metadata":{}}"#, .cluster, other),
            (200, Self.pods([]), .cluster, other),
        ]
        for (status, body, blame, words) in rows {
            let server = try ClusterServer([Self.nodeLine: [(status, body)]])
            let error = await error { () async throws(ClusterError) in
                _ = try await server.client().node()
            }
            #expect(error?.blame == blame, "\(status) \(body)")
            #expect(error?.isSilence == false, "\(status) \(body)")
            #expect(error?.sentence.contains(words) == true, "\(error?.sentence ?? "-")")
            #expect(server.requests.count == 1)
        }
    }

    @Test("a server's message is cut, and stays within its line")
    func longMessage() async throws {
        let text = #"a\u0000b\r\n\u2028c\td "# + String(repeating: "x", count: 5000)
        let server = try ClusterServer([Self.nodeLine: [(403, Self.status(403, text))]])
        let error = await error { () async throws(ClusterError) in
            _ = try await server.client().node()
        }
        guard case .refused(_, _, status: 403, let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.count == ServerStatus.messageLimit + 3)
        #expect(message.hasPrefix("a b"))
        #expect(message.hasSuffix("x..."))
        #expect(!message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 })
    }

    @Test("a pod without a name that can stand in an address makes the list no list")
    func badPod() async throws {
        for name in ["", "../x", "a?b", "A"] {
            let server = try ClusterServer([Self.podsLine: [(200, Self.pods([name]))]])
            let error = await error { () async throws(ClusterError) in
                _ = try await server.client().pods()
            }
            #expect(error == .malformed(try ServerAddress(server.address), .listPods))
        }
    }

    @Test("silence, a broken line, nobody there and a stranger are told apart")
    func silence() async throws {
        let server = try ClusterServer([Self.nodeLine: [(0, "")], Self.podsLine: [(1, "")]])
        let address = try ServerAddress(server.address)
        let silent = await error { () async throws(ClusterError) in
            _ = try await server.client(patience: .seconds(1)).node()
        }
        #expect(silent == .silent(address, after: .seconds(1)))
        #expect(silent?.sentence == "the API server \(address.text) did not answer within 1 s.")
        let broken = await error { () async throws(ClusterError) in
            _ = try await server.client().pods()
        }
        guard case .broken = broken else {
            Issue.record("\(String(describing: broken))")
            return
        }
        try server.join(ca: BootstrapCluster.authority(CertificateKey()))
        let stranger = await error { () async throws(ClusterError) in
            _ = try await server.client().node()
        }
        guard case .untrusted(address, .unknownAuthority, _) = stranger else {
            Issue.record("\(String(describing: stranger))")
            return
        }
        #expect(
            stranger?.sentence
                == "the certificate of \(address.text) was not signed by the cluster's CA."
        )
        try server.join()
        server.stop()
        let nobody = await error { () async throws(ClusterError) in
            _ = try await server.client().node()
        }
        guard case .unreachable = nobody else {
            Issue.record("\(String(describing: nobody))")
            return
        }
        for error in [silent, broken, nobody] { #expect(error?.blame == .cluster) }
        #expect(stranger?.blame == .refusal)
        for error in [silent, broken, nobody, stranger] { #expect(error?.isSilence == true) }
    }

    @Test("a drain goes through a real server as through the one in memory")
    func drain() async throws {
        let evict = "POST /api/v1/namespaces/shop/pods/a/eviction"
        let cordoned =
            #"{"kind":"Node","metadata":{"name":"node-7","resourceVersion":"42","annotations":"#
            + #"{"keelos.io/cordoned-by-upgrade":"op-1"}},"spec":{"unschedulable":true}}"#
        let server = try ClusterServer([
            Self.nodeLine: [(200, Self.node()), (200, cordoned)],
            "PATCH /api/v1/nodes/node-7": [(200, cordoned)],
            Self.podsLine: [(200, Self.pods(["a"])), (200, Self.pods([]))],
            evict: [(429, Self.status(429, "no", cause: "not yet")), (201, Self.accepted)],
        ])
        let time = ModelCluster { _ in }
        let outcome = await DrainRun(cluster: server.client(), time: time).run(
            operation: "op-1",
            limit: .seconds(60),
            force: false,
            isCancelled: { false },
            tell: { _ in }
        )
        #expect(outcome.isDrained)
        // The pod is gone when it is looked for, before its second eviction is due.
        #expect(
            server.requests.map(\.line) == [
                Self.nodeLine, "PATCH /api/v1/nodes/node-7", Self.podsLine, evict, Self.podsLine,
            ]
        )
    }
}
