import Synchronization

/// The DER of the certificates that came last: the same PEM comes with each call of a client.
///
/// A certificate is found again by all of its bytes, and by nothing less: who somebody is follows
/// from them.
final class SeenCertificates: Sendable {
    private struct Entry {
        let pem: [UInt8]
        let der: [UInt8]?
    }

    /// Compared one after the other: more of them would cost more than decoding.
    private static let most = 16

    /// The latest last.
    private let entries = Mutex<[Entry]>([])

    /// As `PEM.firstCertificate`.
    func decoded(_ pem: [UInt8]) -> [UInt8]? {
        let known = entries.withLock { entries in entries.last { $0.pem == pem } }
        if let known { return known.der }
        let entry = Entry(pem: pem, der: PEM.firstCertificate(in: pem))
        entries.withLock { entries in
            if entries.count >= Self.most { entries.removeFirst() }
            entries.append(entry)
        }
        return entry.der
    }
}
