import Simulator
import Slots
import Trust

/// Certificates, as one or as a chain: what is read has names fit for a log, and is written and
/// read the same. Inputs to begin with are in `Corpus`.
struct CertificateTarget: FuzzTarget {
    static let name = "certificate"
    static let rounds = 1200
    static let dialect = Dialect(limit: 8 << 10, tokens: Dialect.pem)

    func seeds() -> [[UInt8]] { [] }

    /// Writes DER as a text, so that both readers see what was changed in it.
    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        guard input.first == 0x30 else { return }
        let lines = [
            "-----BEGIN CERTIFICATE-----", Base64.encode(input), "-----END CERTIFICATE-----", "",
        ]
        input = Array(lines.joined(separator: "\n").utf8)
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let one: String
        do {
            one = try check(try Certificate(der: input), input)
        } catch let broken as BrokenPromise {
            throw broken
        } catch {
            one = ending(error)
        }
        let chain: [Certificate]
        do { chain = try Certificate.chain(pem: input) } catch { return one + " " + ending(error) }
        try promise((1...Certificate.chainLimit).contains(chain.count), "\(chain.count) of them")
        for certificate in chain {
            _ = try check(certificate, certificate.der)
            _ = certificate.isSigned(by: chain[0])
        }
        return "\(one), a chain of \(min(chain.count, 3))"
    }

    private func check(
        _ certificate: Certificate,
        _ der: [UInt8]
    ) throws(BrokenPromise) -> String {
        try promise(certificate.der == der, "other bytes")
        let isFit = certificate.subject.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        try promise(isFit, "a subject that is not fit for a log")
        let again = try must("what was written is refused") { () throws(CertificateError) in
            try Certificate.chain(pem: certificate.pem)
        }
        try promise(again == [certificate], "what was written is read differently")
        try promise(
            certificate.isSigned(by: certificate) == certificate.isSelfSigned,
            "signed by itself, and not"
        )
        return "\(certificate.isSelfSigned) \(certificate.isAuthority)"
    }
}

/// Signatures of `cluster-info`: only the two spellings of the one that was made are ever valid.
struct WebSignatureTarget: FuzzTarget {
    static let name = "websignature"
    static let rounds = 2000
    static let dialect = Dialect(
        limit: 2048,
        tokens: [".", "..", "=", "-", "_", "+", "eyJhbGciOiJub25lIn0", "\"alg\":\"none\""]
    )
    private static let payload = Array("apiVersion: v1\nkind: Config\n".utf8)
    private static let key = Array("0123456789abcdef".utf8)

    /// HMAC-SHA-256 with the key above, computed with `openssl dgst -hmac`.
    private static let head = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9"
    private static let code = "vH_kT4yiol-nrAWgjfCYqvum5wsKETXe0S7OOp1VgnE"

    private let valid: [[UInt8]]

    init() {
        let middle = Base64URL.encode(Self.payload)
        valid = ["\(Self.head)..\(Self.code)", "\(Self.head).\(middle).\(Self.code)"]
            .map { Array($0.utf8) }
    }

    func seeds() -> [[UInt8]] { valid }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let text = String(decoding: input, as: UTF8.self)
        let isValid = WebSignature.isValidHS256(
            text,
            of: Self.payload,
            key: Self.key,
            keyID: "abcdef"
        )
        try promise(isValid == valid.contains(input), "\(isValid): \(text)")
        return "\(isValid)"
    }
}

/// Lines of an audit log: a chain that is taken is a run of lines that were written.
struct AuditTarget: FuzzTarget {
    static let name = "audit"
    static let rounds = 2500
    static let dialect = Dialect(
        limit: 8 << 10,
        tokens: Dialect.json + ["\"n\": 0", "\"n\": 1", "\"hash\": \"", "\"previous\": \""]
    )
    private let lines: [[UInt8]]

    init() {
        var lines: [[UInt8]] = []
        var previous = AuditChain.Head.empty.hash
        for number in 0..<5 {
            let line = AuditLine(number: number, after: previous, hashing: OpenSSLHashing()) {
                $0.add("method", "Upgrade")
                $0.add("peer", "\u{e9}\n")
            }
            lines.append(line.bytes)
            previous = line.hash
        }
        self.lines = lines
    }

    func seeds() -> [[UInt8]] { [Array(lines.joined(separator: [10])), lines[2]] }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        var chain = AuditChain()
        var taken: [[UInt8]] = []
        for line in input.split(separator: 10).map(Array.init) {
            do throws(AuditChain.Fault) { try chain.add(line) } catch {
                return "\(min(taken.count, 5)) lines, \(ending(error))"
            }
            taken.append(line)
            try promise(lines.contains(line), "takes a line that nobody wrote")
        }
        let first = taken.first.flatMap { lines.firstIndex(of: $0) } ?? 0
        try promise(taken == Array(lines[first...].prefix(taken.count)), "takes another order")
        return "\(taken.count) lines"
    }
}
