/// Why a release is not believed, or not for this node.
public enum Distrust: Error, Sendable, Hashable {
    case unexpectedDigest(found: Digest, expected: Digest)
    case unreadableSignatures(SignaturesError)
    /// `signers` are the key ids named in the signatures, believed or not.
    case tooFewSignatures(valid: Int, needed: Int, signers: [Digest])
    case unreadable(ManifestError)
    /// Installing it would leave a node that could not install it again.
    case refusesItself(valid: Int, needed: Int)
    case notKeelOS(name: String)
    case wrongArchitecture(found: String, expected: String)
    case wrongBoard(found: String, expected: String)
    case belowEpochFloor(epoch: Int, floor: Int)
    case expired(at: Timestamp, now: Timestamp)
    case needsNewerFirst(running: Version, minimum: Version)
    case downgrade(from: Version, to: Version)
    case cannotReadState(schema: Int, reads: ClosedRange<Int>)
    case needsNewerLoader(found: Int, needed: Int)
    case quarantined(Digest)
    case doesNotFit(size: Int, capacity: Int)
}

extension TrustPolicy {
    /// Believes `statement`, or says why not. Looks at the signatures before anything they cover.
    public func judge(
        _ statement: SignedStatement,
        node: NodeFacts,
        options: UpgradeOptions,
        hashing: any Hashing,
        checker: any SignatureChecking
    ) throws(Distrust) -> Release {
        let release = try authenticate(statement, hashing: hashing, checker: checker)
        if let expected = options.expectedDigest, expected != release.digest {
            throw .unexpectedDigest(found: release.digest, expected: expected)
        }
        try checkFit(of: release.manifest)
        try checkOwnSignatures(of: release, hashing: hashing, checker: checker)
        try checkMove(to: release.manifest, node: node, options: options)
        if node.quarantined.contains(release.digest), !options.retriesQuarantined {
            throw .quarantined(release.digest)
        }
        let size = SlotLayout(of: release).size
        guard size <= node.capacity else {
            throw .doesNotFit(size: size, capacity: node.capacity)
        }
        return release
    }

    /// Checks who signed, and reads what they signed. Says nothing about fitness for a node.
    public func authenticate(
        _ statement: SignedStatement,
        hashing: any Hashing,
        checker: any SignatureChecking
    ) throws(Distrust) -> Release {
        let signatures: Signatures
        do {
            signatures = try Signatures(parsing: statement.signatures)
        } catch {
            throw .unreadableSignatures(error)
        }
        let valid = signatures.count(of: keys, over: statement.manifest, checker: checker)
        guard valid >= threshold else {
            throw .tooFewSignatures(
                valid: valid,
                needed: threshold,
                signers: signatures.all.map(\.keyID)
            )
        }
        let manifest: Manifest
        do { manifest = try Manifest(parsing: statement.manifest) } catch {
            throw .unreadable(error)
        }
        return Release(
            manifest: manifest,
            statement: statement,
            digest: hashing.sha256(statement.manifest.span)
        )
    }

    private func checkFit(of manifest: Manifest) throws(Distrust) {
        guard manifest.name == "keelos" else { throw .notKeelOS(name: manifest.name) }
        guard manifest.architecture == "x86_64" else {
            throw .wrongArchitecture(found: manifest.architecture, expected: "x86_64")
        }
        guard manifest.board == board else {
            throw .wrongBoard(found: manifest.board, expected: board)
        }
    }

    private func checkOwnSignatures(
        of release: Release,
        hashing: any Hashing,
        checker: any SignatureChecking
    ) throws(Distrust) {
        let own = release.manifest.keys.map { PublicKey(der: $0, id: hashing.sha256($0.span)) }
        let signatures = (try? Signatures(parsing: release.statement.signatures)) ?? Signatures()
        let valid = signatures.count(of: own, over: release.statement.manifest, checker: checker)
        guard valid >= release.manifest.threshold else {
            throw .refusesItself(valid: valid, needed: release.manifest.threshold)
        }
    }

    private func checkMove(
        to manifest: Manifest,
        node: NodeFacts,
        options: UpgradeOptions
    ) throws(Distrust) {
        guard manifest.epoch >= node.epochFloor else {
            throw .belowEpochFloor(epoch: manifest.epoch, floor: node.epochFloor)
        }
        if let clock = node.clock, let expires = manifest.expires, clock > expires {
            throw .expired(at: expires, now: clock)
        }
        if let contract = node.loaderContract, manifest.loaderContract > contract {
            throw .needsNewerLoader(found: contract, needed: manifest.loaderContract)
        }
        guard let running = node.running else { return }
        if let minimum = manifest.minimumVersion, running.version < minimum {
            throw .needsNewerFirst(running: running.version, minimum: minimum)
        }
        let isOlder =
            (manifest.epoch, manifest.version) < (running.epoch, running.version)
        if isOlder, !options.allowsDowngrade {
            throw .downgrade(from: running.version, to: manifest.version)
        }
        guard manifest.state.reads.contains(running.state.writes) else {
            throw .cannotReadState(schema: running.state.writes, reads: manifest.state.reads)
        }
    }
}
