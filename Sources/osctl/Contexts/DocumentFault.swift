import Trust

/// What is wrong with a document, and on which line.
struct DocumentFault: Error, Sendable, Hashable {
    let line: Int?
    let problem: String

    init(_ line: Int?, _ problem: String) {
        self.line = line
        self.problem = problem
    }

    init(_ fault: YAMLFault) {
        self.init(fault.line, fault.reason.words)
    }

    var words: String { (line.map { "line \($0): " } ?? "") + problem }
}
