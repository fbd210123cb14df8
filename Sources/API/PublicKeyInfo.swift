/// The public key in a certificate: its SubjectPublicKeyInfo, as it stands there (RFC 5280, 4.1).
///
/// Reads only as far as the key, and strictly: lengths are definite and as short as they can be
/// (X.690, 10.1). So there is one way to read it, and the key that is found is the one that TLS has
/// proved.
enum PublicKeyInfo {
    /// Nil for what is no certificate, or not encoded strictly.
    static func find(inCertificate der: [UInt8]) -> [UInt8]? {
        var file = Reader(rest: der[...])
        guard let certificate = file.next(sequence), file.rest.isEmpty else { return nil }
        var outer = Reader(rest: certificate.content)
        guard let signed = outer.next(sequence) else { return nil }
        var fields = Reader(rest: signed.content)
        // A certificate of version 1 has no version.
        _ = fields.next(version)
        for tag in [serialNumber, algorithm, issuer, validity, subject] {
            guard fields.next(tag) != nil else { return nil }
        }
        return fields.next(sequence).map { Array($0.whole) }
    }

    private static let sequence: UInt8 = 0x30
    private static let version: UInt8 = 0xa0
    private static let serialNumber: UInt8 = 0x02
    private static let (algorithm, issuer, validity, subject) = (
        sequence, sequence, sequence, sequence
    )

    /// Elements of DER, one after the other.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// The next element, when it has this tag and is all there.
        mutating func next(
            _ tag: UInt8
        ) -> (whole: ArraySlice<UInt8>, content: ArraySlice<UInt8>)? {
            var left = rest
            guard left.popFirst() == tag, let length = Self.length(&left), length <= left.count
            else { return nil }
            let content = left.prefix(length)
            let whole = rest[rest.startIndex..<content.endIndex]
            rest = left.dropFirst(length)
            return (whole, content)
        }

        private static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
            guard let first = bytes.popFirst() else { return nil }
            guard first >= 0x80 else { return Int(first) }
            let count = Int(first & 0x7f)
            guard 1...3 ~= count, bytes.count >= count else { return nil }
            let length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(count)
            // The form with one byte less could not have said it.
            let least = count == 1 ? 0x80 : 1 << (8 * (count - 1))
            return length >= least ? length : nil
        }
    }
}
