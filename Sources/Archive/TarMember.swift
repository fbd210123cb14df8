/// One member of an archive, as its header tells it. Nothing is believed yet.
public struct TarMember: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case file
        case directory
        case symlink
        case hardlink
        case device
        case pipe
        case socket
        case unknown
    }

    /// At least one byte, never with a NUL inside. May be absolute or hold `..`.
    public let name: String
    public let kind: Kind
    /// Bytes of content.
    public let size: Int
    /// Where the first of the member's headers begins in the archive.
    public let headerOffset: Int
    /// Where its content begins.
    public let contentOffset: Int

    public init(name: String, kind: Kind, size: Int, headerOffset: Int, contentOffset: Int) {
        self.name = name
        self.kind = kind
        self.size = size
        self.headerOffset = headerOffset
        self.contentOffset = contentOffset
    }

    /// Where the next member's headers belong: the content's end at the next 512-byte boundary.
    /// Stays at `Int.max` when a header claims more than there can be.
    public var end: Int {
        let (end, overflow) = contentOffset.addingReportingOverflow(size)
        guard !overflow, end <= Int.max - 511 else { return Int.max }
        return (end + 511) / 512 * 512
    }
}
