import SlotsFetch
import Synchronization

/// The node's own API server, asked with the credentials of the node's kubelet.
///
/// Each request reads the credentials anew and goes over a connection of its own, which blocks a
/// thread for at most `patience`. Nothing is asked twice, but an eviction in the other version.
struct ClusterClient: ClusterAccess {
    let credentials: CredentialsReader
    /// For each request: 1 ms to an hour.
    let patience: Duration
    private let versions = EvictionMemory()

    private static let answerLimit = 8 * 1024 * 1024
    /// Pages of pods: more pods than any node runs.
    private static let pageLimit = 200

    init(credentials: CredentialsReader, patience: Duration) {
        self.credentials = credentials
        self.patience = patience
    }

    func node() async throws(ClusterError) -> ClusterNode {
        try facts(await ask { .node($0) })
    }

    func patchNode(_ patch: NodePatch) async throws(ClusterError) -> ClusterNode {
        try facts(await ask { .patch(patch, of: $0) })
    }

    func pods() async throws(ClusterError) -> [PodFacts] {
        var pods: [PodFacts] = []
        var token = ""
        var page = 0
        while true {
            page += 1
            let rest = token
            let answer = try await ask { .pods(of: $0, from: rest) }
            let list = try answer.object(kind: "PodList")
            for item in list.objects("items") {
                guard let pod = PodFacts(item) else { throw answer.malformed }
                pods.append(pod)
            }
            token = list.object("metadata")?.text("continue") ?? ""
            if token.isEmpty { return pods }
            guard page < Self.pageLimit else { throw answer.malformed }
        }
    }

    func evict(_ pod: PodFacts) async throws(ClusterError) -> EvictionAnswer {
        let known = versions.known
        let version = known ?? .stable
        var answer = try await ask { _ in .evict(pod, version) }
        if !answer.knowsEvictions {
            // A server from before 1.22 answers 400 to the new version.
            let second = try await ask { _ in .evict(pod, version.other) }
            guard second.knowsEvictions else { throw answer.error }
            versions.known = version.other
            answer = second
        } else if known == nil {
            versions.known = version
        }
        switch answer.status {
        case 200..<300: return .accepted
        case 404: return .gone
        case 429:
            if let budget = answer.fault?.budget { return .budget(budget) }
            return .postponed(answer.fault?.message ?? "")
        default: throw answer.error
        }
    }

    /// Writes down that something happened to the node; what is written already stays as it is.
    /// Events are kept for about an hour.
    func write(_ event: NodeEvent) async throws(ClusterError) {
        let answer = try await ask { .event(event, of: $0) }
        guard (200..<300).contains(answer.status) || answer.status == 409 else {
            throw answer.error
        }
    }

    private func facts(_ answer: ClusterAnswer) throws(ClusterError) -> ClusterNode {
        guard let node = ClusterNode(try answer.object(kind: "Node")) else {
            throw answer.malformed
        }
        return node
    }

    /// Sends what `make` makes of the node's name.
    private func ask(
        _ make: @escaping @Sendable (_ node: String) -> ClusterRequest
    ) async throws(ClusterError) -> ClusterAnswer {
        let (credentials, patience) = (credentials, patience)
        return try await Offload.run("cluster") { () throws(ClusterError) -> ClusterAnswer in
            let found = try credentials.read()
            guard KubernetesName.isSubdomain(found.nodeName) else {
                throw .unusable(reason: "\"\(found.nodeName)\" is no name of a node")
            }
            let request = make(found.nodeName)
            var page = PageRequest(
                found.server.url(request.path),
                limit: Self.answerLimit,
                timeout: patience
            )
            page.method = request.method
            page.content = request.content
            page.authorities = found.authorities
            page.client = found.client
            do throws(PageFailure) {
                let (status, body) = try PageFetch.send(page)
                return ClusterAnswer(found.server, request.act, status, body)
            } catch {
                throw ClusterError(error, found.server, request.act, after: patience)
            }
        }
    }
}

/// In which version a server was seen to take evictions.
private final class EvictionMemory: Sendable {
    private let version = Mutex<EvictionVersion?>(nil)

    var known: EvictionVersion? {
        get { version.withLock { $0 } }
        set { version.withLock { $0 = newValue } }
    }
}
