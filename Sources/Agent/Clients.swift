import API
import Slots
import Synchronization
import Trust

/// Who a client is, by the certificate that TLS verified.
struct Client: Sendable, Hashable {
    /// RFC 2253, such as `CN=ada,O=keelos:admin`.
    let subject: String
    let organisations: [String]
    /// From when and until when the certificate is good; nil for those who have none.
    var validity: ClosedRange<Timestamp>?

    /// Somebody at a node without a client CA.
    static let anybody = Client(subject: "unauthenticated", organisations: [])

    /// TLS has looked at the dates in the handshake; the connection may be older than they are
    /// good, and the clock may have been set since.
    func requireValid(at now: Timestamp) throws(CallFailure) {
        guard let validity, !validity.contains(now) else { return }
        let fault =
            now < validity.lowerBound
            ? "is not valid before \(validity.lowerBound)" : "expired at \(validity.upperBound)"
        throw CallFailure(
            .notAuthenticated,
            "the call is refused: the client's certificate \(fault), this node's clock says \(now)."
        )
    }
}

/// Reads certificates of clients, remembering the last few: the same one comes with every call.
final class Clients: Sendable {
    private static let limit = 256

    private let known = Mutex<[[UInt8]: Client]>([:])

    /// Throws NOT_AUTHENTICATED when there is no certificate, or none that can be read.
    func client(of peer: Peer) throws(CallFailure) -> Client {
        guard let der = peer.certificate else {
            throw CallFailure(
                .notAuthenticated,
                "the call is refused: a certificate signed by this node's client CA is needed."
            )
        }
        if let client = known.withLock({ $0[der] }) { return client }
        let client: Client
        do {
            let certificate = try Certificate(der: der)
            let (from, until) = (certificate.notBefore, certificate.notAfter)
            client = Client(
                subject: certificate.subject,
                organisations: certificate.organisations,
                // One that ends before it begins is never good: TLS refused it.
                validity: from...max(from, until)
            )
        } catch {
            throw CallFailure(
                .notAuthenticated,
                "the call is refused: the client's certificate cannot be read."
            )
        }
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[der] = client
        }
        return client
    }

    /// For those who were admitted already: a call at the open door is anybody's.
    func subject(of call: Call) -> String {
        do { return try client(of: call.peer).subject } catch { return Client.anybody.subject }
    }
}
