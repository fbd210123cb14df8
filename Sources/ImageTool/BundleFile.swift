import Slots
import Syscalls

/// A bundle on the disk: its members, and its statement read for form. Nothing is believed.
final class BundleFile {
    let path: String
    let members: BundleMembers
    let statement: SignedStatement
    let manifest: Manifest
    let signatures: Signatures
    private let file: Descriptor

    /// Reads the headers, `manifest.json` and `manifest.sig`.
    init(_ path: String) throws(ToolError) {
        self.path = path
        file = try openFile(path)
        do throws(BundleFailure) {
            let size = try Self.size(of: file)
            members = try BundleMembers(try Self.supply(path), fileSize: size)
        } catch {
            switch error {
            case .fault(let fault): throw .bundle(path, fault)
            case .system(let error): throw .system("read", path, error)
            }
        }
        let parts = [
            ("manifest.json", members.manifest, SignedStatement.manifestLimit),
            ("manifest.sig", members.signatures, SignedStatement.signaturesLimit),
        ]
        for (member, range, limit) in parts where range.count > limit {
            throw .bundle(path, .tooLarge(member: member, size: range.count, limit: limit))
        }
        statement = SignedStatement(
            manifest: try Self.bytes(file, path, members.manifest),
            signatures: try Self.bytes(file, path, members.signatures)
        )
        do throws(ManifestError) {
            manifest = try Manifest(parsing: statement.manifest)
        } catch {
            throw .manifest(path, error)
        }
        do throws(SignaturesError) {
            signatures = try Signatures(parsing: statement.signatures)
        } catch {
            throw .signatures(path, error)
        }
        guard members.root.count == manifest.root.size else {
            let fault = BundleFault.wrongSize(
                member: "root.squashfs",
                size: members.root.count,
                expected: manifest.root.size
            )
            throw .bundle(path, fault)
        }
        let end = try Self.bytes(file, path, (members.size - 1024)..<members.size)
        guard end.allSatisfy({ $0 == 0 }) else {
            let found = members.size - 1024
            throw .bundle(path, .trailing(size: members.size, expected: found))
        }
    }

    /// Reads `chunks.idx` and holds it against the manifest.
    func index(hashing: any Hashing) throws(ToolError) -> ChunkIndex {
        let expected = manifest.chunks.count * ChunkIndex.entrySize
        guard members.index.count == expected else {
            let error = ChunkIndexError.wrongSize(found: members.index.count, expected: expected)
            throw .index(path, error)
        }
        let bytes = try Self.bytes(file, path, members.index)
        do throws(ChunkIndexError) {
            return try ChunkIndex(parsing: bytes, for: manifest, hashing: hashing)
        } catch {
            throw .index(path, error)
        }
    }

    /// Hands the root to `body` in pieces of 1 MiB, the last one shorter.
    func forEachRootPiece(
        _ body: (Span<UInt8>) throws(ToolError) -> Void
    ) throws(ToolError) {
        try forEachPiece(of: file, path, in: members.root, body)
    }

    private static func bytes(
        _ file: borrowing Descriptor,
        _ path: String,
        _ range: Range<Int>
    ) throws(ToolError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        try readExactly(file, path, at: range.lowerBound, into: &bytes)
        return bytes
    }

    private static func size(of file: borrowing Descriptor) throws(BundleFailure) -> Int {
        do throws(Errno) { return try file.status().size } catch { throw .system(error) }
    }

    private static func supply(_ path: String) throws(BundleFailure) -> FileBlocks {
        do throws(Errno) { return try FileBlocks(path) } catch { throw .system(error) }
    }
}
