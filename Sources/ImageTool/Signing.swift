import Slots
import Syscalls
import Trust

/// Adds signatures to a bundle, or replaces those by the same keys.
///
/// The content is held against the manifest on the way: a signature vouches for all of it. The
/// file is replaced in one step; an error leaves it as it was.
struct Signing {
    let path: String
    private let hashing = OpenSSLHashing()

    init(_ path: String) { self.path = path }

    /// What the bundle has now.
    struct Report: Equatable {
        let release: Digest
        let signers: [Digest]
    }

    /// Signs with `keys`.
    func add(_ keys: [PrivateKey]) throws(ToolError) -> Report {
        let bundle = try BundleFile(path)
        var added: [Signature] = []
        for key in keys { added.append(try Signature(of: bundle.statement.manifest, by: key)) }
        return try rewrite(bundle, adding: added)
    }

    /// Attaches a signature that was made elsewhere, after checking it. Its key is `publicKey`, or
    /// the one of the manifest's own keys with this id.
    func attach(
        _ signature: [UInt8],
        keyID: Digest?,
        publicKey: PublicKey?
    ) throws(ToolError) -> Report {
        let bundle = try BundleFile(path)
        let own = bundle.manifest.keys.map { PublicKey(der: $0, id: hashing.sha256($0.span)) }
        let known = publicKey.map { [$0] } ?? own
        guard let key = known.first(where: { keyID == nil || $0.id == keyID }) else {
            throw .unknownKey(keyID ?? known[0].id, known: known.map(\.id))
        }
        let message = bundle.statement.manifest
        guard Ed25519Checker().isValid(signature.span, of: message.span, by: key) else {
            throw .badSignature(path, keyID: key.id)
        }
        return try rewrite(bundle, adding: [Signature(keyID: key.id, bytes: signature)])
    }

    private func rewrite(
        _ bundle: BundleFile,
        adding added: [Signature]
    ) throws(ToolError) -> Report {
        var signatures = bundle.signatures
        for signature in added { signatures.add(signature) }
        guard signatures.all.count <= Signatures.countLimit else {
            throw .tooManySignatures(limit: Signatures.countLimit)
        }
        let manifest = bundle.statement.manifest
        let index = try bundle.index(hashing: hashing)
        try BundleWriter.write(
            path,
            statement: SignedStatement(manifest: manifest, signatures: signatures.encoded()),
            index: index.bytes,
            rootSize: bundle.manifest.root.size
        ) { put throws(ToolError) in
            var check = RootCheck(bundle.manifest, index: index, path: path, hashing: hashing)
            try bundle.forEachRootPiece { bytes throws(ToolError) in
                try check.add(bytes)
                try put(bytes)
            }
            try check.finish()
        }
        return Report(
            release: hashing.sha256(manifest.span),
            signers: signatures.all.map(\.keyID)
        )
    }
}
