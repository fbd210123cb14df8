public import Archive
import Slots
public import Syscalls

/// Where the four members of a bundle lie in its file.
///
/// A bundle is exactly these members, in this order, each a plain file behind one header of 512
/// bytes, then two blocks of zeros and the end.
struct BundleMembers: Equatable {
    static let names = ["manifest.json", "manifest.sig", "chunks.idx", "root.squashfs"]

    let manifest: Range<Int>
    let signatures: Range<Int>
    let index: Range<Int>
    let root: Range<Int>
    /// Bytes of the whole file.
    let size: Int

    /// Reads the headers only. `fileSize` is what the system says of the file.
    init(_ supply: FileBlocks, fileSize: Int) throws(BundleFailure) {
        let reader = TarReader(supply, limits: .small)
        var ranges: [Range<Int>] = []
        var end = 0
        for name in Self.names {
            let member: TarMember?
            do throws(ArchiveError<Errno>) {
                member = try reader.nextMember()
            } catch {
                throw BundleFailure(error, member: name)
            }
            guard let member, member.name == name else {
                throw .fault(.unexpectedMember(found: member?.name, expected: name))
            }
            guard member.kind == .file else {
                throw .fault(.notAFile(member: name, kind: member.kind.rawValue))
            }
            guard member.headerOffset == end, member.contentOffset == end + 512 else {
                throw .fault(.notAnArchive(reason: "an extended header before \(name)"))
            }
            guard member.end < fileSize else { throw .fault(.truncated(member: name)) }
            ranges.append(member.contentOffset..<(member.contentOffset + member.size))
            end = member.end
        }
        guard fileSize == end + 1024 else {
            throw .fault(.trailing(size: fileSize, expected: end + 1024))
        }
        (manifest, signatures, index, root) = (ranges[0], ranges[1], ranges[2], ranges[3])
        size = fileSize
    }
}

/// Why the members could not be found.
enum BundleFailure: Error, Equatable {
    case fault(BundleFault)
    case system(Errno)

    init(_ error: ArchiveError<Errno>, member: String) {
        switch error {
        case .outside(let error): self = .system(error)
        case .fault(.truncated), .fault(.noEndMark): self = .fault(.truncated(member: member))
        case .fault(.notAnArchive(let reason)), .fault(.malformed(let reason)):
            self = .fault(.notAnArchive(reason: reason))
        case .fault(.sparse(let name)):
            self = .fault(.notAFile(member: name, kind: "sparse file"))
        case .fault(.headersTooLong), .fault(.nameTooLong), .fault(.tooManyMembers):
            self = .fault(.notAnArchive(reason: "a header longer than any bundle's"))
        case .fault(.wrongSize), .fault(.trailing), .fault(.unwritable):
            self = .fault(.truncated(member: member))
        }
    }
}

extension FileBlocks: ByteSupply {}
