/// How much of an archive a reader believes before it gives up.
///
/// They bound memory, not disk: a reader keeps one header, never a member.
public struct TarLimits: Sendable, Hashable {
    /// Bytes of a member's name.
    public var nameLength: Int
    /// Bytes of all headers in front of one member, extended ones included.
    public var headerLength: Int
    public var members: Int

    public init(nameLength: Int, headerLength: Int, members: Int) {
        self.nameLength = nameLength
        self.headerLength = headerLength
        self.members = members
    }

    /// For archives of a few files with short names.
    public static let small = TarLimits(nameLength: 255, headerLength: 16 * 1024, members: 64)
}
