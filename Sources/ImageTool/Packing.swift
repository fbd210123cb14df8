import Slots
import Syscalls
import Trust

/// Makes a bundle of a SquashFS image, in three passes over it and 64 MiB of memory at most.
///
/// The same image and facts give the same bytes: nothing is taken from the clock or from chance.
struct Packing {
    /// What the image is and says, as far as it is not read from it.
    struct Facts {
        var version: Version
        var epoch: Int
        var board: String
        var created: Timestamp?
        var expires: Timestamp?
        var minimumVersion: Version?
        var requires: [String] = []
        var chunkAverage: Int
        var state: Manifest.StateSchema
        var loader: LoaderFile?
        var kernel: String?
        var kubelet: String?
        var sbom: Digest?
        var notes: String?
        /// Whom the image itself trusts; its signers, one of them enough, when `nil`.
        var trust: TrustPolicy?
    }

    /// What was made.
    struct Report: Equatable {
        let release: Digest
        let manifest: Manifest
        let size: Int
        let keyIDs: [Digest]
        /// Signatures by keys that the image itself trusts.
        let ownSignatures: Int
    }

    let squashFS: String
    let facts: Facts
    let keys: [PrivateKey]
    let hashing = OpenSSLHashing()

    func write(to output: String) throws(ToolError) -> Report {
        let file = try openFile(squashFS)
        let size = try fileSize(file, squashFS)
        let header = try header(file, size: size)
        var survey = RootSurvey(average: facts.chunkAverage, hashing: hashing)
        try forEachPiece(of: file, squashFS, in: 0..<size) { survey.add($0) }
        let (root, index) = survey.finish()
        let salt = Digest.salt(of: root, hashing: hashing)
        var tree = RootTree(size: size, salt: salt, hashing: hashing)
        try forEachPiece(of: file, squashFS, in: 0..<size) { tree.add($0) }
        let manifest = manifest(
            header,
            root: Manifest.Root(size: size, sha256: root, verity: tree.finish(), salt: salt),
            index: index
        )
        let statement = try sign(manifest)
        try BundleWriter.write(
            output,
            statement: statement,
            index: index.bytes,
            rootSize: size
        ) { put throws(ToolError) in
            var again = SHA256Stream(hashing)
            try forEachPiece(of: file, squashFS, in: 0..<size) { bytes throws(ToolError) in
                again.update(bytes)
                try put(bytes)
            }
            guard again.finish() == root else { throw .changed(squashFS) }
        }
        return try report(manifest, statement, output)
    }

    private func header(
        _ file: borrowing Descriptor,
        size: Int
    ) throws(ToolError) -> SquashFSHeader {
        var bytes = [UInt8](repeating: 0, count: min(size, SquashFSHeader.size))
        try readExactly(file, squashFS, at: 0, into: &bytes)
        do throws(SquashFSFault) {
            return try SquashFSHeader(bytes, fileSize: size)
        } catch {
            throw .squashFS(squashFS, error)
        }
    }

    private func manifest(
        _ header: SquashFSHeader,
        root: Manifest.Root,
        index: ChunkIndex
    ) -> Manifest {
        let cutter = Chunker(average: facts.chunkAverage)
        let own = facts.trust?.keys ?? keys.map(\.publicKey)
        var manifest = Manifest(
            name: "keelos",
            version: facts.version,
            board: facts.board,
            epoch: facts.epoch,
            created: facts.created ?? header.modified,
            root: root,
            chunks: Manifest.Chunks(
                algorithm: Chunker.algorithm,
                minimum: cutter.minimum,
                average: cutter.average,
                maximum: cutter.maximum,
                count: index.count,
                sha256: hashing.sha256(index.bytes.span)
            ),
            keys: own.map(\.der),
            threshold: facts.trust?.threshold ?? 1
        )
        manifest.requires = facts.requires
        manifest.expires = facts.expires
        manifest.minimumVersion = facts.minimumVersion
        manifest.loaderContract = facts.loader?.contract ?? 1
        manifest.loaderDigest = facts.loader?.sha256
        manifest.state = facts.state
        manifest.kernel = facts.kernel
        manifest.kubelet = facts.kubelet
        manifest.sbom = facts.sbom
        manifest.notes = facts.notes
        return manifest
    }

    /// What a node would refuse to read is refused here, before it is signed.
    private func sign(_ manifest: Manifest) throws(ToolError) -> SignedStatement {
        let bytes = manifest.encoded()
        do throws(ManifestError) {
            _ = try Manifest(parsing: bytes)
        } catch {
            throw .manifest("manifest.json", error)
        }
        var signatures = Signatures()
        for key in keys { signatures.add(try Signature(of: bytes, by: key)) }
        return SignedStatement(manifest: bytes, signatures: signatures.encoded())
    }

    private func report(
        _ manifest: Manifest,
        _ statement: SignedStatement,
        _ output: String
    ) throws(ToolError) -> Report {
        let file = try openFile(output)
        return Report(
            release: hashing.sha256(statement.manifest.span),
            manifest: manifest,
            size: try fileSize(file, output),
            keyIDs: keys.map(\.publicKey.id),
            ownSignatures: Set(keys.map(\.publicKey.der)).intersection(manifest.keys).count
        )
    }
}

extension Signature {
    init(of message: [UInt8], by key: PrivateKey) throws(ToolError) {
        do throws(KeyError) {
            self.init(keyID: key.publicKey.id, bytes: try key.sign(message.span))
        } catch {
            throw .crypto(error)
        }
    }
}
