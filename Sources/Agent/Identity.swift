import API
import Slots
import Synchronization
import Syscalls
import Trust

/// Who the node is: its machine id, its key, and the certificate it serves with.
///
/// Made once, on the first start, and kept in the state folder. The key stays the same for the life
/// of the node; the certificate is made anew, over the same key, before it expires or when the
/// clock turns out to have been wrong when it was made.
final class Identity: Sendable {
    static let machineIDFile = "machine-id"
    static let keyFile = "identity/agent.key"
    static let certificateFile = "identity/agent.crt"

    /// For how long a certificate is good, and how long before its end it is made anew.
    struct Lifetime: Sendable {
        var days = 3650
        var renewalDays = 365
    }

    /// 32 lower-case hexadecimal digits.
    let machineID: String
    private let key: CertificateKey
    private let state: StateFolder
    private let lifetime: Lifetime
    private let current: Mutex<Certificate>

    /// Reads what is there and makes what is not. `names` are the host names and addresses that the
    /// certificate carries when it has to be made. A new one over the old key that cannot be kept
    /// serves all the same, and `unkept` is told: it is the key that clients know.
    init(
        state: StateFolder,
        names: [String],
        now: Timestamp,
        lifetime: Lifetime = Lifetime(),
        unkept: (IdentityError) -> Void = { _ in }
    ) throws(IdentityError) {
        self.state = state
        self.lifetime = lifetime
        machineID = try Self.machineID(in: state)
        key = try Self.key(in: state)
        let certificate: Certificate
        if let found = try Self.certificate(in: state), Self.isGood(found, now, lifetime) {
            certificate = found
        } else {
            certificate = Self.make(key, machineID, names, now, lifetime)
            do { try Self.keep(certificate, in: state) } catch { unkept(error) }
        }
        current = Mutex(certificate)
    }

    /// The certificate in force.
    var certificate: Certificate { current.withLock { $0 } }

    /// What clients pin: SHA-256 of the public key. The same for the life of the node.
    var fingerprint: Digest { certificate.publicKeyHash }

    /// What the server shows and whom it believes.
    func server(clientCA: [UInt8]?) -> ServerIdentity {
        ServerIdentity(certificate: certificate.pem, key: key.pem, clientCA: clientCA)
    }

    /// Makes the certificate anew when it is time. True when there is a new one, which is durable.
    func renew(names: [String], now: Timestamp) throws(IdentityError) -> Bool {
        guard !Self.isGood(certificate, now, lifetime) else { return false }
        let certificate = Self.make(key, machineID, names, now, lifetime)
        try Self.keep(certificate, in: state)
        current.withLock { $0 = certificate }
        return true
    }

    private static func isGood(
        _ certificate: Certificate,
        _ now: Timestamp,
        _ lifetime: Lifetime
    ) -> Bool {
        let renewal = certificate.notAfter.seconds - lifetime.renewalDays * 86400
        return certificate.notBefore <= now && now.seconds < renewal
    }

    private static func make(
        _ key: CertificateKey,
        _ machineID: String,
        _ names: [String],
        _ now: Timestamp,
        _ lifetime: Lifetime
    ) -> Certificate {
        key.selfSigned(
            commonName: "keel-\(machineID.prefix(8))",
            organisations: [],
            names: names,
            isAuthority: false,
            // A client whose clock is a little behind must not be turned away.
            from: Timestamp(seconds: max(0, now.seconds - 86400)),
            days: lifetime.days + 1
        )
    }

    private static func machineID(in state: StateFolder) throws(IdentityError) -> String {
        if let bytes = try reading(machineIDFile, state, limit: 64) {
            let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
            guard text.utf8.count == 32, [UInt8](hex: String(text)) != nil else {
                throw .unreadable(file: machineIDFile)
            }
            return text.lowercased()
        }
        let id: String
        do { id = try RandomSource.bytes(16).hex } catch { throw .random(error) }
        try writing(machineIDFile, state, Array("\(id)\n".utf8))
        return id
    }

    private static func key(in state: StateFolder) throws(IdentityError) -> CertificateKey {
        if let bytes = try reading(keyFile, state, limit: 16 << 10) {
            do { return try CertificateKey(pem: bytes) } catch { throw .unreadable(file: keyFile) }
        }
        let key = CertificateKey()
        try writing(keyFile, state, key.pem)
        return key
    }

    /// A certificate that cannot be read is made anew; only the key is the node's own.
    private static func certificate(in state: StateFolder) throws(IdentityError) -> Certificate? {
        guard let bytes = try reading(certificateFile, state, limit: 64 << 10) else { return nil }
        do { return try Certificate.chain(pem: bytes).first } catch { return nil }
    }

    private static func keep(
        _ certificate: Certificate,
        in state: StateFolder
    ) throws(IdentityError) {
        try writing(certificateFile, state, certificate.pem)
    }

    private static func reading(
        _ name: String,
        _ state: StateFolder,
        limit: Int
    ) throws(IdentityError) -> [UInt8]? {
        do { return try state.read(name, limit: limit) } catch { throw .state(error) }
    }

    private static func writing(
        _ name: String,
        _ state: StateFolder,
        _ bytes: [UInt8]
    ) throws(IdentityError) {
        do { try state.write(name, bytes) } catch { throw .state(error) }
    }
}

/// Why the node has no identity to serve with.
enum IdentityError: Error, Sendable, Hashable {
    case state(StateError)
    /// The file is there but holds something else. It is never replaced: the node would become
    /// another one.
    case unreadable(file: String)
    case random(Errno)

    var sentence: String {
        switch self {
        case .state(let error): "\(error.words)."
        case .unreadable(let file):
            "the state file \(file) holds no identity; remove it to make a new one."
        case .random(let error): "the system gives no random bytes: \(error)."
        }
    }
}
