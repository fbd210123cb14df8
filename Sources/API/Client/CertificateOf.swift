import Synchronization

/// The fingerprint of the key that a node shows, trusted or not: for asking a person once, and for
/// `ServerTrust.pinned`.
///
/// Nothing is sent to the node but a handshake. Throws when there is none to be had within
/// `timeout`.
public func fingerprint(
    of endpoint: String,
    timeout: Duration
) async throws(CallFailure) -> [UInt8] {
    let leaf = try await certificate(of: endpoint, timeout: timeout)
    guard let found = Fingerprint.ofKey(inCertificate: leaf) else {
        let words = "the key in the certificate of \(endpoint) cannot be read"
        throw CallFailure(code: .unavailable, words)
    }
    return found
}

/// The leaf certificate that a node shows, DER, trusted or not.
///
/// Nothing is sent to the node but a handshake. Throws when there is none to be had within
/// `timeout`.
public func certificate(
    of endpoint: String,
    timeout: Duration
) async throws(CallFailure) -> [UInt8] {
    let seen = Seen()
    let client = try NodeClient(try Endpoint(endpoint), nil, nil) { shown in
        seen.leaf.withLock { $0 = shown.leaf }
        return "only its certificate is asked for"
    }
    defer { client.close() }
    do {
        _ = try await client.checkHealth(timeout: timeout)
    } catch {
        if let leaf = seen.leaf.withLock({ $0 }) { return leaf }
        throw error
    }
    throw CallFailure(.internal, "a refused certificate was taken")
}

private final class Seen: Sendable {
    let leaf = Mutex<[UInt8]?>(nil)
}
