/// What is wrong with a document of a person's making, and on which line.
public struct DocumentFault: Error, Sendable, Hashable {
    public let line: Int?
    public let problem: String

    public init(_ line: Int?, _ problem: String) {
        self.line = line
        self.problem = problem
    }

    init(_ fault: YAMLFault) {
        self.init(fault.line, fault.reason.words)
    }

    /// "line 3: expected text"
    public var words: String { (line.map { "line \($0): " } ?? "") + problem }
}
