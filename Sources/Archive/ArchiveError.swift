/// Why an archive could not be read or written. `Failure` is what the other end, a supply or a
/// sink of bytes, throws.
public enum ArchiveError<Failure: Error>: Error {
    /// The archive is not what it must be.
    case fault(ArchiveFault)
    /// The bytes could not be had or put: the other end's own error, unchanged.
    case outside(Failure)
}

extension ArchiveError: Equatable where Failure: Equatable {}
extension ArchiveError: Hashable where Failure: Hashable {}

/// What is wrong with an archive. `reason` is libarchive's own words.
public enum ArchiveFault: Error, Sendable, Hashable {
    /// The first bytes are no tar archive: another format, compressed, or empty.
    case notAnArchive(reason: String)
    /// A header that makes no sense, after at least one that did.
    case malformed(reason: String)
    /// The bytes ended inside a header or a member. `offset` is how many there were.
    case truncated(offset: Int)
    /// The headers before one member's bytes are longer than `limit` bytes.
    case headersTooLong(limit: Int)
    /// A member's name is longer than `limit` bytes.
    case nameTooLong(limit: Int)
    case tooManyMembers(limit: Int)
    /// A sparse file: its bytes in the archive are not its content.
    case sparse(name: String)
    /// A member held fewer bytes than its header said.
    case wrongSize(name: String, found: Int, expected: Int)
    /// The archive does not end with two blocks of zeros. `offset` is where they were expected.
    case noEndMark(offset: Int)
    /// Bytes follow the end mark. `offset` is the first of them.
    case trailing(offset: Int)
    /// A member cannot be written: its name or size does not fit the format.
    case unwritable(name: String, reason: String)
}
