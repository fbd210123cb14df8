/// Who is at the other end of a call.
public struct Peer: Sendable, Hashable {
    /// `192.0.2.1:43210` or `[2001:db8::1]:43210`.
    public let address: String
    /// The leaf certificate that TLS verified, DER; nil: there was none.
    public let certificate: [UInt8]?

    public init(address: String, certificate: [UInt8]?) {
        self.address = address
        self.certificate = certificate
    }
}

/// One call, as the gate and the service see it.
public struct Call: Sendable {
    /// Counts the calls of this process, from 1.
    public let id: UInt64
    /// The bare name of a method of `NodeService` ("Upgrade"). Any other one is its path without
    /// the first slash ("grpc.health.v1.Health/Check"), as sent but at most 256 bytes of it: a
    /// slash in it tells that it is none of ours.
    public let method: String
    public let peer: Peer
    public let begun: ContinuousClock.Instant

    public init(id: UInt64, method: String, peer: Peer, begun: ContinuousClock.Instant) {
        self.id = id
        self.method = method
        self.peer = peer
        self.begun = begun
    }
}

/// Sends one message of a stream.
///
/// Returns when flow control has taken it, so a slow reader makes the sender wait and nothing
/// grows. Throws `.cancelled` when the client is gone.
public typealias Sender<Response> = @Sendable (Response) async throws(CallFailure) -> Void

extension Call {
    static let service = "keel.v1.NodeService"

    /// The name of the method at `path` ("/keel.v1.NodeService/Upgrade"), by the rule of `method`.
    static func method(at path: String) -> String {
        let path = ErrorTrailer.cut(path.hasPrefix("/") ? String(path.dropFirst()) : path, to: 256)
        let prefix = service + "/"
        guard path.hasPrefix(prefix) else { return path.contains("/") ? path : "/" + path }
        let name = path.dropFirst(prefix.count)
        return name.contains("/") || name.isEmpty ? path : String(name)
    }
}

extension Peer {
    /// From the core's form: `ipv4:192.0.2.1:443`, `ipv6:%5B2001:db8::1%5D:443`.
    init(uri: String, certificate: [UInt8]?) {
        var text = uri[...]
        for scheme in ["ipv4:", "ipv6:"] where text.hasPrefix(scheme) {
            text = text.dropFirst(scheme.count)
        }
        var address = String(text)
        // Only IPv6 has any, and looking for three of them costs more than the rest of this.
        if address.utf8.contains(UInt8(ascii: "%")) {
            address = address.replacing("%5B", with: "[").replacing("%5D", with: "]")
                .replacing("%25", with: "%")
        }
        self.init(address: address, certificate: certificate)
    }
}
