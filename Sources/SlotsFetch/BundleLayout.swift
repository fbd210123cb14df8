/// Where everything lies in a bundle whose members have these sizes.
///
/// A bundle is a ustar archive: before each member one header of 512 bytes, after it zeros up to
/// the next multiple of 512, and at the end two blocks of zeros.
struct BundleLayout: Sendable, Hashable {
    static let block = 512
    static let members = ["manifest.json", "manifest.sig", "chunks.idx", "root.squashfs"]

    /// Bytes of a bundle whose members are all empty.
    static let smallest = (members.count + 2) * block

    /// Bytes of the members read so far, in order.
    private(set) var sizes: [Int] = []
    /// Offset of the next member's header.
    private(set) var end = 0

    /// The member that comes next; `nil` after the last.
    var nextMember: String? {
        sizes.count < Self.members.count ? Self.members[sizes.count] : nil
    }

    /// Offset of the next member's first byte.
    var nextContent: Int { end + Self.block }

    /// Bytes of the whole bundle if the last member known is its last one.
    var total: Int { end + 2 * Self.block }

    /// `false` when no archive can be so long.
    mutating func append(size: Int) -> Bool {
        guard size >= 0, size <= Int.max - nextContent - 3 * Self.block else { return false }
        sizes.append(size)
        end = Self.padded(nextContent + size)
        return true
    }

    static func padded(_ size: Int) -> Int {
        (size + block - 1) / block * block
    }
}
