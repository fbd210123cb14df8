import Simulator
import Slots
import Trust

/// `manifest.sig`: what is read is written and read the same, no key twice.
struct SignaturesTarget: FuzzTarget {
    static let name = "signatures"
    static let rounds = 4000
    static let dialect = Dialect(
        limit: 20 << 10,
        tokens: [" ed25519 ", " ed448 ", "\n", " ", "\n\n", "\r\n", "=", "==", "A", "\u{e9}"]
    )

    func seeds() throws -> [[UInt8]] {
        [
            try TestReleases.one().statement.signatures,
            try TestReleases.two().statement.signatures,
            Array((String(repeating: "0", count: 64) + " rsa AAAA\n").utf8),
        ]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let signatures: Signatures
        do { signatures = try Signatures(parsing: input) } catch { return ending(error) }
        let all = signatures.all
        try promise(all.count <= Signatures.countLimit, "\(all.count) signatures")
        try promise(Set(all.map(\.keyID)).count == all.count, "a key twice")
        try promise(all.allSatisfy { $0.bytes.count == Signature.byteCount }, "a short signature")
        let again = try must("what was encoded is refused") { () throws(SignaturesError) in
            try Signatures(parsing: signatures.encoded())
        }
        try promise(again == signatures, "what was encoded is read differently")
        return "read, \(min(all.count, 4)) signatures"
    }
}

/// A manifest and its signatures, as a node judges them: only what the key's owner signed is ever
/// believed, byte for byte.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 2 | m: bytes of the manifest, little-endian |
/// | 2 | m | manifest |
/// | 2 + m | | signatures |
struct StatementTarget: FuzzTarget {
    static let name = "statement"
    static let rounds = 1000
    static let dialect = Dialect(
        limit: 16 << 10,
        tokens: [
            " ed25519 ", "\n", " ", "\"threshold\": 0", "\"epoch\": 9", "\"version\": \"9.9.9\"",
        ],
        fields: [Dialect.Field(0, 2)]
    )
    private let policy: TrustPolicy
    private let known: [SimulatedRelease]
    private let hashing = OpenSSLHashing()
    private let checker = Ed25519Checker()

    init() throws {
        policy = try TestReleases.policy()
        known = [try TestReleases.one(), try TestReleases.two()]
    }

    func seeds() -> [[UInt8]] {
        known.map { release in
            let count = release.statement.manifest.count
            let head = [UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)]
            return head + release.statement.manifest + release.statement.signatures
        }
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        guard input.count >= 2 else { return "short" }
        let count = min(Int(input[0]) | Int(input[1]) << 8, input.count - 2)
        let statement = SignedStatement(
            manifest: Array(input[2..<(2 + count)]),
            signatures: Array(input[(2 + count)...])
        )
        let node = NodeFacts(
            epochFloor: 1,
            running: known[0].manifest,
            loaderContract: 1,
            quarantined: [],
            clock: Timestamp(seconds: 1_790_000_000),
            capacity: 1 << 20
        )
        let release: Release
        do {
            release = try policy.judge(
                statement,
                node: node,
                options: UpgradeOptions(),
                hashing: hashing,
                checker: checker
            )
        } catch {
            return ending(error)
        }
        try promise(
            known.contains { $0.statement.manifest == release.statement.manifest },
            "believes a manifest that nobody signed"
        )
        try promise(
            known.contains { $0.digest == release.digest && $0.manifest == release.manifest },
            "reads a signed manifest as another"
        )
        return "believed"
    }
}
