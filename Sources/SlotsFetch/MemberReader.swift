import Archive
import Slots

/// Reads the members before the root, which must come in order and be plain files of no more than
/// the sizes allowed, and the root's header.
final class MemberReader {
    private let stream: BundleStream
    private let archive: TarReader<HeadFeed>
    private(set) var layout = BundleLayout()

    init(_ stream: BundleStream) {
        self.stream = stream
        archive = TarReader(
            HeadFeed(stream),
            limits: TarLimits(nameLength: 255, headerLength: 512, members: 4)
        )
    }

    /// Reads the whole next member, which may have `limit` bytes.
    func read(limit: Int) throws(SourceError) -> [UInt8] {
        let (name, size) = try nextHeader()
        guard size <= limit else {
            throw .malformed(.tooLarge(member: name, size: size, limit: limit))
        }
        return try content(of: name, size: size)
    }

    /// Reads the whole next member, which must have `exactly` that many bytes.
    func read(exactly expected: Int) throws(SourceError) -> [UInt8] {
        let (name, size) = try nextHeader()
        guard size == expected else {
            throw .malformed(.wrongSize(member: name, size: size, expected: expected))
        }
        // One request brings all of it, and the header after it.
        stream.expect(upTo: layout.end + BundleLayout.block)
        return try content(of: name, size: size)
    }

    /// Reads the next member's header alone: its content, of `exactly` that many bytes, is what
    /// the stream yields next. Answers the content's offset.
    func find(exactly expected: Int) throws(SourceError) -> Int {
        let (name, size) = try nextHeader()
        guard size == expected else {
            throw .malformed(.wrongSize(member: name, size: size, expected: expected))
        }
        return stream.position
    }

    private func nextHeader() throws(SourceError) -> (name: String, size: Int) {
        guard let expected = layout.nextMember else {
            preconditionFailure("a bundle has four members")
        }
        let start = layout.nextContent
        let found: TarMember?
        do throws(ArchiveError<SourceError>) {
            found = try archive.nextMember()
        } catch {
            if case .fault = error { try refuseEmpty() }
            throw Self.cause(error, member: expected)
        }
        guard let found, found.name == expected else {
            throw .malformed(.unexpectedMember(found: found?.name, expected: expected))
        }
        guard found.kind == .file else {
            throw .malformed(.notAFile(member: expected, kind: found.kind.rawValue))
        }
        // One header block each; extended headers would shift everything after them.
        guard found.contentOffset == start, layout.append(size: found.size) else {
            throw .malformed(.notAnArchive(reason: "\(expected) at \(found.contentOffset)"))
        }
        return (expected, found.size)
    }

    /// Nothing came at all: a tar reader's complaint about it would say too little.
    private func refuseEmpty() throws(SourceError) {
        guard stream.position == 0 else { return }
        throw .malformed(.trailing(size: 0, expected: BundleLayout.smallest))
    }

    private func content(of name: String, size: Int) throws(SourceError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        do throws(ArchiveError<SourceError>) {
            var span = bytes.mutableSpan
            guard try archive.read(into: &span) == size else {
                throw .fault(.wrongSize(name: name, found: 0, expected: size))
            }
        } catch {
            throw Self.cause(error, member: name)
        }
        return bytes
    }

    private static func cause(
        _ error: ArchiveError<SourceError>,
        member: String
    ) -> SourceError {
        switch error {
        case .outside(let error): return error
        case .fault(let fault): return .malformed(BundleFault(fault, member: member))
        }
    }
}

extension BundleFault {
    /// What the archive reader found while `member` was read or expected.
    init(_ fault: ArchiveFault, member: String) {
        switch fault {
        case .notAnArchive(let reason), .malformed(let reason), .unwritable(_, let reason):
            self = .notAnArchive(reason: reason)
        case .truncated, .wrongSize:
            self = .truncated(member: member)
        case .sparse(let name):
            self = .notAFile(member: name, kind: "sparse")
        case .headersTooLong(let limit):
            self = .notAnArchive(reason: "header of \(member) longer than \(limit) bytes")
        case .nameTooLong(let limit):
            self = .notAnArchive(reason: "name longer than \(limit) bytes")
        case .tooManyMembers(let limit):
            self = .notAnArchive(reason: "more than \(limit) members")
        case .noEndMark(let offset), .trailing(let offset):
            self = .trailing(size: offset, expected: offset)
        }
    }
}
