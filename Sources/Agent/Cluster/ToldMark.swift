import Slots

/// How much of the node's history its cluster was told: a mark of `NodeTidings`, bound to the
/// membership in which it was told.
struct ToldMark: Sendable {
    static let file = "kubernetes/told"
    private static let limit = 1024

    let state: StateFolder

    /// `nil` when nothing was told in this membership yet, or nobody can say.
    func read(_ membership: Digest) -> String? {
        guard let bytes = try? state.read(Self.file, limit: Self.limit) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0] == membership.hex else { return nil }
        return String(lines[1])
    }

    /// Durable when it returns; nothing is written when it stands there already.
    func keep(_ mark: String, _ membership: Digest) throws(StateError) {
        guard read(membership) != mark else { return }
        try state.write(Self.file, Array("\(membership.hex)\n\(mark)\n".utf8))
    }
}
