/// A place in our own source that breaks a rule of the house.
struct Violation: Sendable, Hashable, CustomStringConvertible {
    let path: String
    /// Counted from 1; `nil` when the whole file or folder is meant.
    let line: Int?
    let what: String

    init(_ path: String, _ line: Int, _ what: String) {
        self.path = path
        self.line = line
        self.what = what
    }

    /// The whole of `path` is meant.
    init(_ path: String, _ what: String) {
        self.path = path
        line = nil
        self.what = what
    }

    var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(what)" }
}
