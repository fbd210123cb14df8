import API
import Foundation
import Slots
import SwiftProtobuf
import Synchronization
import Trust

@testable import osctl

/// A node that answers what it was told to, over real TLS on a port of its own.
final class FakeNode: NodeService, CallGate {
    struct State {
        /// One after the other; the last one stays. `nil` is no answer.
        var statuses: [Keel_V1_GetStatusResponse?] = []
        /// One stream after the other; one without an end breaks.
        var streams: [[Keel_V1_Operation]] = []
        var upgrades: [Result<Keel_V1_Operation, CallFailure>] = []
        var requests: [Keel_V1_UpgradeRequest] = []
        var history = Keel_V1_GetHistoryResponse()
        var lines: [[UInt8]] = []
        var asked = 0
        var atOnce = 0
        var mostAtOnce = 0
    }

    let state: Mutex<State>

    init(_ state: State = State()) { self.state = Mutex(state) }

    func admit(_ call: API.Call) throws(CallFailure) {}
    func review(_ call: API.Call) throws(CallFailure) {}
    func ended(_ call: API.Call, request: (any Message)?, failure: CallFailure?) {}

    func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: API.Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse {
        state.withLock { state in
            state.asked += 1
            state.atOnce += 1
            state.mostAtOnce = max(state.mostAtOnce, state.atOnce)
        }
        try? await Task.sleep(for: .milliseconds(20))
        let answer = state.withLock { state -> Keel_V1_GetStatusResponse? in
            state.atOnce -= 1
            return state.statuses.count > 1
                ? state.statuses.removeFirst() : state.statuses.first ?? nil
        }
        guard let answer else { throw CallFailure(code: .unavailable, "away") }
        return answer
    }

    func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        _ call: API.Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeResponse {
        let result = state.withLock { state in
            state.requests.append(request)
            return state.upgrades.removeFirst()
        }
        var response = Keel_V1_UpgradeResponse()
        response.operation = try result.get()
        return response
    }

    func watchOperation(
        _ request: Keel_V1_WatchOperationRequest,
        _ call: API.Call,
        _ send: Sender<Keel_V1_WatchOperationResponse>
    ) async throws(CallFailure) {
        let stream = state.withLock { state in
            state.streams.count > 1 ? state.streams.removeFirst() : state.streams.first ?? []
        }
        for operation in stream {
            var response = Keel_V1_WatchOperationResponse()
            response.operation = operation
            try await send(response)
        }
        if stream.last?.hasEnded != true { throw CallFailure(code: .unavailable, "cut") }
    }

    func getHistory(
        _ request: Keel_V1_GetHistoryRequest,
        _ call: API.Call
    ) async throws(CallFailure) -> Keel_V1_GetHistoryResponse {
        state.withLock { $0.history }
    }

    func readAudit(
        _ request: Keel_V1_ReadAuditRequest,
        _ call: API.Call,
        _ send: Sender<Keel_V1_ReadAuditResponse>
    ) async throws(CallFailure) {
        var response = Keel_V1_ReadAuditResponse()
        response.lines = state.withLock { $0.lines }.map { .init($0) }
        response.head = state.withLock { $0.statuses.first??.audit } ?? .init()
        try await send(response)
    }
}

/// A server with a fake node in it, and an administrator's home who asks it.
final class Lab {
    let node: FakeNode
    let home: Home
    let fingerprint: Digest
    let port: Int
    private let server: NodeServer
    private let folder: String

    init(_ state: FakeNode.State = .init()) throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("osctl-lab-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        home = Home(["XDG_CONFIG_HOME": folder + "/c", "XDG_STATE_HOME": folder + "/s"])
        let key = CertificateKey()
        let certificate = key.selfSigned(
            commonName: "node",
            organisations: [],
            names: [],
            isAuthority: false,
            from: Timestamp(seconds: Int(Date().timeIntervalSince1970) - 60),
            days: 1
        )
        fingerprint = certificate.publicKeyHash
        node = FakeNode(state)
        let identity = ServerIdentity(
            certificate: certificate.pem,
            key: key.pem,
            clientCA: nil
        )
        let methods: Set = [
            "GetStatus", "Upgrade", "WatchOperation", "GetHistory", "ReadAudit",
        ]
        server = try NodeServer(
            address: "127.0.0.1:0",
            door: .open(methods: methods),
            identity: IdentityStore(identity),
            service: node,
            gate: node
        )
        port = server.port
    }

    var endpoint: String { "127.0.0.1:\(port)" }

    func fleet(_ change: (inout NodeOptions) -> Void = { _ in }) async throws -> Fleet {
        var options = NodeOptions(endpoint: endpoint, fingerprint: fingerprint.hex)
        change(&options)
        return try await Fleet(options, changes: false, home: home)
    }

    /// What one node answers.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (NodeSession) async throws(CommandError) -> Answer
    ) async throws -> Result<Answer, CommandError> {
        let asked = await (try fleet()).ask(question)
        return asked[0].result
    }

    func stop() async {
        await server.stop(grace: .zero)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
