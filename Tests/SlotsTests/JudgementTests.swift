import Simulator
import Slots
import Testing
import Trust

/// Whom and what the policy believes, each refusal provoked.
@Suite("Judgement")
struct JudgementTests {
    private let keys: [PrivateKey]
    private let hashing = OpenSSLHashing()

    init() throws { keys = try (0..<3).map { _ in try PrivateKey.generate() } }

    private func facts(
        floor: Int = 1,
        running: Manifest? = nil,
        contract: Int? = 1,
        quarantined: Set<Digest> = [],
        clock: Timestamp? = nil,
        capacity: Int = 1 << 20
    ) -> NodeFacts {
        NodeFacts(
            epochFloor: floor,
            running: running,
            loaderContract: contract,
            quarantined: quarantined,
            clock: clock,
            capacity: capacity
        )
    }

    private func release(
        _ version: String = "1.1.0",
        signers: Range<Int> = 0..<1,
        epoch: Int = 1,
        amend: (inout Manifest) -> Void = { _ in }
    ) throws -> SimulatedRelease {
        try SimulatedRelease(
            version: version,
            epoch: epoch,
            keys: Array(keys[signers]),
            amend: amend
        )
    }

    private func verdict(
        _ release: SimulatedRelease,
        trusted: Range<Int> = 0..<1,
        threshold: Int = 1,
        node: NodeFacts? = nil,
        options: UpgradeOptions = UpgradeOptions()
    ) -> Distrust? {
        let policy = TrustPolicy(
            keys: keys[trusted].map(\.publicKey),
            threshold: threshold,
            epoch: 1,
            board: "x86_64-uefi"
        )
        do {
            _ = try policy.judge(
                release.statement,
                node: node ?? facts(),
                options: options,
                hashing: hashing,
                checker: Ed25519Checker()
            )
            return nil
        } catch {
            return error
        }
    }

    @Test("k of n keys must have signed; k-1 is too few, and a stranger does not count")
    func signatures() throws {
        let two = try release(signers: 0..<2)
        #expect(verdict(two, trusted: 0..<3, threshold: 2) == nil)
        #expect(
            verdict(two, trusted: 0..<3, threshold: 3)
                == .tooFewSignatures(valid: 2, needed: 3, signers: keys[0..<2].map(\.publicKey.id))
        )
        #expect(
            verdict(two, trusted: 1..<3, threshold: 2)
                == .tooFewSignatures(valid: 1, needed: 2, signers: keys[0..<2].map(\.publicKey.id))
        )
    }

    @Test("a release that would refuse its own signatures is refused")
    func refusesItself() throws {
        let stranger = keys[2].publicKey.der
        let release = try release { $0.keys = [stranger] }
        #expect(verdict(release) == .refusesItself(valid: 0, needed: 1))
    }

    @Test("keys rotate in two releases: {old, new} signed by old, then {new} signed by both")
    func rotation() throws {
        let (old, new) = (keys[0].publicKey.der, keys[1].publicKey.der)
        let first = try release { $0.keys = [old, new] }
        #expect(verdict(first, trusted: 0..<1) == nil)
        let second = try release(signers: 0..<2) { $0.keys = [new] }
        #expect(verdict(second, trusted: 0..<2) == nil)
        let hasty = try release(signers: 0..<1) { $0.keys = [new] }
        #expect(verdict(hasty, trusted: 0..<2) == .refusesItself(valid: 0, needed: 1))
    }

    @Test("another product, architecture or board is refused")
    func fit() throws {
        #expect(verdict(try release { $0.name = "other" }) == .notKeelOS(name: "other"))
        #expect(
            verdict(try release { $0.architecture = "arm64" })
                == .wrongArchitecture(found: "arm64", expected: "x86_64")
        )
        #expect(
            verdict(try release { $0.board = "rpi4" })
                == .wrongBoard(found: "rpi4", expected: "x86_64-uefi")
        )
    }

    @Test("an epoch below the floor is refused, whatever is allowed")
    func epoch() throws {
        let options = UpgradeOptions(allowsDowngrade: true, retriesQuarantined: true)
        #expect(
            verdict(try release(), node: facts(floor: 2), options: options)
                == .belowEpochFloor(epoch: 1, floor: 2)
        )
    }

    @Test("an older release, by epoch or version, is refused unless a downgrade is allowed")
    func downgrade() throws {
        let running = try release("2.0.0", epoch: 2).manifest
        for (version, epoch) in [("1.9.9", 2), ("3.0.0", 1), ("2.0.0-rc.1", 2)] {
            let older = try release(version, epoch: epoch)
            let node = facts(running: running)
            #expect(
                verdict(older, node: node)
                    == .downgrade(from: running.version, to: older.manifest.version)
            )
            #expect(verdict(older, node: node, options: .init(allowsDowngrade: true)) == nil)
        }
        #expect(verdict(try release("1.0.0", epoch: 3), node: facts(running: running)) == nil)
    }

    @Test("a release that needs a newer one first, another schema or a newer loader is refused")
    func move() throws {
        let running = try release("1.0.0").manifest
        let minimum = try #require(Version("1.0.1"))
        #expect(
            verdict(try release { $0.minimumVersion = minimum }, node: facts(running: running))
                == .needsNewerFirst(running: running.version, minimum: minimum)
        )
        let schema = try release { $0.state = .init(reads: 2...3, writes: 2) }
        #expect(
            verdict(schema, node: facts(running: running))
                == .cannotReadState(schema: 1, reads: 2...3)
        )
        #expect(
            verdict(try release { $0.loaderContract = 2 })
                == .needsNewerLoader(found: 1, needed: 2)
        )
    }

    @Test("an expired release is refused only by a clock that is known to be right")
    func expiry() throws {
        let (then, now) = (Timestamp(seconds: 1_000_000), Timestamp(seconds: 2_000_000))
        let release = try release { $0.expires = then }
        #expect(verdict(release) == nil)
        #expect(verdict(release, node: facts(clock: now)) == .expired(at: then, now: now))
        #expect(verdict(release, node: facts(clock: then)) == nil)
    }

    @Test("another digest than expected, a quarantined one and one too large are refused")
    func others() throws {
        let release = try release()
        let other = try self.release("1.2.0").digest
        #expect(
            verdict(release, options: .init(expectedDigest: other))
                == .unexpectedDigest(found: release.digest, expected: other)
        )
        let node = facts(quarantined: [release.digest])
        #expect(verdict(release, node: node) == .quarantined(release.digest))
        #expect(verdict(release, node: node, options: .init(retriesQuarantined: true)) == nil)
        #expect(
            verdict(release, node: facts(capacity: release.slotBytes.count - 1))
                == .doesNotFit(
                    size: release.slotBytes.count,
                    capacity: release.slotBytes.count - 1
                )
        )
    }

    @Test("signatures that make no sense are refused with their line")
    func unreadableSignatures() throws {
        let good = try release()
        let line = String(decoding: good.statement.signatures, as: UTF8.self)
        let key = keys[0].publicKey.id.hex
        for (text, error) in [
            ("x\n", SignaturesError.malformed(line: 1)), (line + line, .duplicate(line: 2)),
            (String(line.dropLast()), .malformed(line: 1)),
            ("\(key) ed25519 AAAA\n", .malformed(line: 1)),
            (String(repeating: "\(key) other x\n", count: 33), .tooMany(limit: 32)),
        ] {
            #expect(throws: error) { try Signatures(parsing: Array(text.utf8)) }
        }
        let future = "\(key) ed448 AAAA\n" + line
        #expect(try Signatures(parsing: Array(future.utf8)).all.count == 1)
    }

    @Test("a policy nobody could meet, or that makes no sense, is refused")
    func policies() {
        func refused(_ text: String) -> TrustPolicyError? {
            do {
                _ = try TrustPolicy(parsing: Array(text.utf8), keys: [keys[0].publicKey])
                return nil
            } catch {
                return error
            }
        }
        let rest = "\"epoch\": 1, \"board\": \"b\"}"
        #expect(refused("{\"threshold\": 1, \(rest)") == nil)
        #expect(
            refused("{\"threshold\": 2, \(rest)") == .unreachableThreshold(keys: 1, threshold: 2)
        )
        #expect(refused("{\"threshold\": 0, \(rest)") == .invalid(field: "threshold"))
        #expect(refused("{\"threshold\": 1}") == .invalid(field: "epoch"))
        #expect(refused("{\"threshold\": 1, \"epoch\": 1}") == .invalid(field: "board"))
        #expect(refused("[]") == .notFlatJSON(.malformed(offset: 0)))
    }
}
