import Simulator
import Slots
import Trust

extension Dialect {
    static let pem = [
        "-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE" + " KEY-----\n",
        "-----END PRIVATE KEY-----\n", "-----BEGIN ENCRYPTED PRIVATE" + " KEY-----\n",
        "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-----", "\n", "\r\n", "=",
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n",
        "MCowBQYDK2VwAyEA", "MC4CAQAwBQYDK2VwBCIEI", "\0",
    ]
}

/// A key file: what is taken for a key is one, and is written and read the same.
struct KeyTarget: FuzzTarget {
    static let name = "key"
    static let rounds = 1500
    static let dialect = Dialect(limit: 66 << 10, tokens: Dialect.pem)

    func seeds() throws -> [[UInt8]] {
        let key = try TestReleases.key(1)
        return [
            try key.publicKey.pem(), try key.pem(), key.publicKey.der,
            try key.publicKey.pem() + TestReleases.key(2).publicKey.pem(),
        ]
    }

    /// Encodes DER again, so that libcrypto sees what was changed in it.
    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        guard input.first == 0x30 else { return }
        let label = Bool.random(using: &generator) ? "PUBLIC" : "PRIVATE"
        input = Array(
            "-----BEGIN \(label) KEY-----\n\(Base64.encode(input))\n-----END \(label) KEY-----\n"
                .utf8
        )
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        [try checkPublic(input), try checkBytes(input), try checkPrivate(input)]
            .joined(separator: " ")
    }

    private func checkPublic(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let key: PublicKey
        do { key = try PublicKey(pem: input.span) } catch { return ending(error) }
        try promise(key.der.count == PublicKey.byteCount, "a key of \(key.der.count) bytes")
        try promise(key.id == OpenSSLHashing().sha256(key.der.span), "a key with another's id")
        let text = try must("a key is not written") { () throws(KeyError) in try key.pem() }
        let again = try must("what was written is refused") { () throws(KeyError) in
            try PublicKey(pem: text.span)
        }
        try promise(again == key, "what was written is read differently")
        return "public"
    }

    private func checkBytes(_ input: [UInt8]) throws(BrokenPromise) -> String {
        do {
            let key = try PublicKey(checking: input)
            try promise(key.der == input, "another key than the bytes")
            return "DER"
        } catch let broken as BrokenPromise {
            throw broken
        } catch {
            return ending(error)
        }
    }

    private func checkPrivate(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let key: PrivateKey
        do { key = try PrivateKey(pem: input.span) } catch { return ending(error) }
        let text = try must("a key is not written") { () throws(KeyError) in try key.pem() }
        let again = try must("what was written is refused") { () throws(KeyError) in
            try PrivateKey(pem: text.span)
        }
        try promise(again.publicKey == key.publicKey, "what was written is read differently")
        let message: [UInt8] = [1, 2, 3]
        let signature = try must("a key does not sign") { () throws(KeyError) in
            try key.sign(message.span)
        }
        try promise(
            Ed25519Checker().isValid(signature.span, of: message.span, by: key.publicKey),
            "a key does not know its own signature"
        )
        return "private"
    }
}

/// A trust directory: a policy that anybody can meet, or none.
///
/// Files are cut at lines `=== NAME`.
struct TrustTarget: FuzzTarget {
    static let name = "trust"
    static let rounds = 1500
    static let dialect = Dialect(
        limit: 8 << 10,
        tokens: Dialect.pem + Dialect.json + [
            "=== a.pub\n", "=== b.pub\n", "=== policy.json\n", "=== README\n", "\"threshold\": 2",
            "\"threshold\": 0", "\"epoch\": 0", "\"board\": \"\"",
        ]
    )

    func seeds() throws -> [[UInt8]] {
        let one = Array("=== a.pub\n".utf8) + (try TestReleases.key(1).publicKey.pem())
        let two = Array("=== b.pub\n".utf8) + (try TestReleases.key(2).publicKey.pem())
        let policy = Array(
            "=== policy.json\n{\"threshold\": 1, \"epoch\": 1, \"board\": \"x86_64-uefi\"}\n".utf8
        )
        return [one + policy, one + two + policy]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        var files: [(name: String, bytes: [UInt8])] = []
        for line in input.split(separator: 10, omittingEmptySubsequences: false) {
            if line.starts(with: Array("=== ".utf8)) {
                files.append((String(decoding: line.dropFirst(4), as: UTF8.self), []))
            } else if !files.isEmpty {
                files[files.count - 1].bytes += line + [10]
            }
        }
        let policy: TrustPolicy
        do { policy = try TrustDirectory.policy(files: files) } catch { return ending(error) }
        try promise(Set(policy.keys).count == policy.keys.count, "a key twice")
        try promise(
            (1...max(1, policy.keys.count)).contains(policy.threshold) && !policy.keys.isEmpty,
            "\(policy.threshold) of \(policy.keys.count) keys must sign"
        )
        try promise(policy.epoch >= 0 && Manifest.isWord(policy.board), "\(policy)")
        return "\(policy.keys.count) keys"
    }
}

/// Lines of the history: what is read is written and read the same.
struct HistoryTarget: FuzzTarget {
    static let name = "history"
    static let rounds = 4000
    static let dialect = Dialect(
        limit: 8 << 10,
        tokens: Dialect.json + [
            "\"event\": ", "\"install\"", "\"fail\"", "\"cancel\"", "\"reason\": \"hung\"",
            "\"slot\": \"b\"", "\"time\": \"2026-02-29T00:00:00Z\"", "\"boot\": \"x\",",
        ]
    )

    func seeds() throws -> [[UInt8]] {
        let entry = HistoryEntry(
            moment: Moment(time: Timestamp(seconds: 1_790_000_000), bootID: "0f-\u{e9}\"\n"),
            event: .fail,
            slot: .b,
            digest: try TestReleases.one().digest,
            version: "1.0.0",
            reason: .triesUsedUp
        )
        var bare = entry
        bare.moment = Moment()
        bare.reason = nil
        bare.event = .install
        return [entry.encoded() + [10] + bare.encoded() + [10], bare.encoded()]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        var read = 0
        for line in input.split(separator: 10) {
            guard let entry = HistoryEntry(parsing: Array(line)) else { continue }
            read += 1
            let text = entry.encoded()
            try promise(!text.contains(10), "an entry of two lines")
            try promise(
                HistoryEntry(parsing: text) == entry,
                "what was written is read differently"
            )
        }
        return "\(min(read, 3)) entries"
    }
}
