import Foundation
import Testing

@testable import API

/// A running server on loopback, and clients that know it. `stop` it at the end of a test.
struct World: Sendable {
    let node: FakeNode
    let gate: Gatekeeper
    let store: IdentityStore
    let server: NodeServer
    let clients = Authority("clients")
    let notices = Notices()

    /// A mutual door for the clients of `clients`, or an open one with four methods.
    init(isOpen: Bool = false, limits: ServerLimits = .init()) throws {
        node = FakeNode()
        gate = Gatekeeper()
        store = IdentityStore(Authority.selfSigned(clients: isOpen ? nil : clients))
        server = try NodeServer(
            address: "127.0.0.1:0",
            door: isOpen ? .open(methods: Self.openMethods) : .mutual,
            identity: store,
            service: node,
            gate: gate,
            limits: limits,
            notice: { [notices] notice in notices.add(notice) }
        )
    }

    static let openMethods: Set = ["GetStatus", "GetIdentity", "Bootstrap", "GetBootstrapStatus"]

    var endpoint: String { "127.0.0.1:\(server.port)" }

    /// A client that pins the server's certificate of now.
    func client(_ credentials: ClientCredentials?) throws -> NodeClient {
        let pin = try store.current.identity.fingerprint
        return try NodeClient(
            endpoint: endpoint,
            trust: .pinned(sha256: pin),
            credentials: credentials
        )
    }

    /// An administrator.
    func admin() throws -> NodeClient { try client(clients.client("alice")) }

    func stop() async { await server.stop(grace: .zero) }
}

/// A door for anybody, with one method, and a client that pins its certificate.
func openDoor(
    to service: some NodeService
) throws -> (server: NodeServer, client: NodeClient) {
    let store = IdentityStore(Authority.selfSigned())
    let server = try NodeServer(
        address: "127.0.0.1:0",
        door: .open(methods: ["GetStatus"]),
        identity: store,
        service: service,
        gate: Gatekeeper()
    )
    let client = try NodeClient(
        endpoint: "127.0.0.1:\(server.port)",
        trust: .pinned(sha256: try store.current.identity.fingerprint),
        credentials: nil
    )
    return (server, client)
}

let patience = Duration.seconds(10)

/// What `body` fails with.
func failure(
    _ location: SourceLocation = #_sourceLocation,
    of body: () async throws(CallFailure) -> Void
) async -> CallFailure? {
    do {
        try await body()
        Issue.record("it did not fail", sourceLocation: location)
        return nil
    } catch {
        return error
    }
}

/// Whether `condition` becomes true within a few seconds.
func eventually(_ condition: () async -> Bool) async -> Bool {
    for _ in 0..<500 {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return await condition()
}

/// Seconds since 1970.
enum WallClock {
    static func seconds() -> Int { Int(Date().timeIntervalSince1970) }
}

/// Resident memory of this process, bytes.
func residentMemory() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    return pages * 4096
}
