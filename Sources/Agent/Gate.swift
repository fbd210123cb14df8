import API
import Logging
import Slots
import SwiftProtobuf
import Synchronization

/// Authorises every call, then keeps its account: allowed or denied, it stands in the audit log.
final class Gate: CallGate {
    /// Which door the calls come through.
    enum Door: Sendable {
        case open
        case mutual
    }

    private let door: Mutex<Door>
    private let clients: Clients
    private let audit: AuditLog
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger

    init(
        door: Door,
        clients: Clients,
        audit: AuditLog,
        clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.door = Mutex(door)
        self.clients = clients
        self.audit = audit
        self.clock = clock
        self.logger = logger
    }

    /// From now on calls come through another door.
    func use(_ door: Door) { self.door.withLock { $0 = door } }

    func admit(_ call: Call) throws(CallFailure) {
        switch door.withLock({ $0 }) {
        case .open: try Roles.requireOpen(call.method)
        case .mutual:
            let client = try clients.client(of: call.peer)
            try client.requireValid(at: clock())
            try Roles.require(call.method, for: client.organisations)
        }
    }

    /// A stream ends when its client's certificate does.
    func review(_ call: Call) throws(CallFailure) {
        guard door.withLock({ $0 }) == .mutual else { return }
        try clients.client(of: call.peer).requireValid(at: clock())
    }

    func ended(_ call: Call, request: (any SwiftProtobuf.Message)?, failure: CallFailure?) {
        let client: Client
        do { client = try clients.client(of: call.peer) } catch { client = .anybody }
        let duration = ContinuousClock.now - call.begun
        // What only looks may wait a second for the disk; what changes something may not.
        let changes = Roles.least[call.method].map { $0 != .reader } ?? true
        do {
            try audit.append(durable: changes && failure == nil) { line in
                line.add("time", Timestamp.now.description)
                line.add("peer", call.peer.address)
                line.add("subject", Self.cut(client.subject))
                line.add("roles", client.organisations.prefix(16).map(Self.cut))
                line.add("method", call.method)
                line.add("arguments", Self.cut(AuditArguments.text(of: request)))
                line.add("result", failure.map { "\($0.code)" } ?? "ok")
                line.add("reason", failure.map { Self.reason($0) } ?? "")
                line.add("duration", Int(duration / .microseconds(1)))
            }
        } catch {
            logger.error(
                "The audit log could not be written",
                metadata: ["error": "\(error.words)"]
            )
        }
    }

    private static func reason(_ failure: CallFailure) -> String {
        failure.detail.reason == .unspecified ? "" : "\(failure.detail.reason)"
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= 4096 ? text : String(decoding: text.utf8.prefix(4096), as: UTF8.self)
    }
}
