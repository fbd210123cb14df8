/// Why a document was not read, and where.
public struct YAMLFault: Error, Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        case tooLarge(size: Int, limit: Int)
        case notUTF8
        case tooDeep(limit: Int)
        case tooManyValues(limit: Int)
        case textTooLong(limit: Int)
        /// `&name` or `*name`: a small file would stand for a large one.
        case alias
        /// `!name`: a value says itself what it is to be read as.
        case tag
        /// A list or map stands where a name belongs.
        case notAName
        case twice(name: String)
        case secondDocument
        /// U+0000, which C would take for the end of a text.
        case zero
        /// In libyaml's words, which are no user's text.
        case syntax(String)
    }

    /// From 1; `nil` when the whole text is meant.
    public let line: Int?
    public let reason: Reason

    init(_ line: Int?, _ reason: Reason) {
        self.line = line
        self.reason = reason
    }
}
