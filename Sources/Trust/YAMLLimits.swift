/// How much a document may hold; one byte, level, value or character more is refused.
public struct YAMLLimits: Sendable, Hashable {
    /// Bytes of the whole text.
    public let size: Int
    /// Lists and maps in one another.
    public let depth: Int
    /// Texts, lists and maps together, names not counted.
    public let values: Int
    /// UTF-8 bytes of one text or name.
    public let text: Int

    public init(size: Int, depth: Int, values: Int, text: Int) {
        self.size = size
        self.depth = depth
        self.values = values
        self.text = text
    }
}
