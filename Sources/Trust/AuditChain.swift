public import Slots

/// Checks that the lines of an audit log are those that were written: none edited, none removed,
/// none in another order, and, when an earlier end is remembered, none cut off since.
///
/// A log that is rotated loses its oldest lines; the first line given may have any number, and what
/// stood before it is not vouched for. Pure: lines in, faults out.
public struct AuditChain: Sendable {
    /// The end of a log at some time.
    public struct Head: Sendable, Hashable {
        /// Lines ever written.
        public let count: Int
        /// The `hash` of the last of them; zeros when there is none.
        public let hash: Digest

        public init(count: Int, hash: Digest) {
            self.count = count
            self.hash = hash
        }

        /// Of a log without lines.
        public static let empty = Head(
            count: 0,
            hash: Digest([UInt8](repeating: 0, count: 32).span)
        )
    }

    /// What is wrong. `line` is the number that the line must have.
    public enum Fault: Error, Sendable, Hashable {
        /// It is no line, or its seal does not match its bytes: it was edited.
        case edited(line: Int)
        /// Lines are missing or stand elsewhere.
        case wrongNumber(found: Int, expected: Int)
        /// It does not follow the line before it: that one was replaced.
        case broken(line: Int)
        /// The log that was remembered had another line here: it was written anew.
        case rewritten(line: Int)
        /// The log ends before the end that was remembered.
        case shortened(found: Int, remembered: Int)
    }

    /// The first line that was given; `nil` when none was.
    public private(set) var first: Int?
    /// The end of what was given so far.
    public private(set) var head = Head.empty

    private let remembered: Head?
    private let hashing = OpenSSLHashing()

    /// `remembered` is the end of the same log at an earlier time, if anybody knows one.
    public init(remembering remembered: Head? = nil) { self.remembered = remembered }

    /// Takes the next line, without its newline.
    public mutating func add(_ bytes: [UInt8]) throws(Fault) {
        guard let line = AuditLine(parsing: bytes, hashing: hashing) else {
            throw .edited(line: head.count)
        }
        if first == nil {
            first = line.number
            guard line.number > 0 || line.previous == Head.empty.hash else {
                throw .broken(line: 0)
            }
        } else {
            guard line.number == head.count else {
                throw .wrongNumber(found: line.number, expected: head.count)
            }
            guard line.previous == head.hash else { throw .broken(line: line.number) }
        }
        head = Head(count: line.number + 1, hash: line.hash)
        if let remembered, head.count == remembered.count, head.hash != remembered.hash {
            throw .rewritten(line: line.number)
        }
    }

    /// Says that there are no more lines.
    public func finish() throws(Fault) {
        guard let remembered, head.count < remembered.count else { return }
        throw .shortened(found: head.count, remembered: remembered.count)
    }
}

extension AuditChain.Fault {
    /// A half sentence whose subject is the audit log.
    public var words: String {
        switch self {
        case .edited(let line): "line \(line) was edited: its hash does not match its bytes"
        case .wrongNumber(let found, let expected):
            "line \(expected) was removed or moved: line \(found) stands in its place"
        case .broken(let line): "line \(line) does not follow the line before it"
        case .rewritten(let line): "line \(line) is not the one that was seen here before"
        case .shortened(let found, let remembered):
            "it has \(found) lines, \(remembered) were seen here before"
        }
    }
}
