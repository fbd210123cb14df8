/// Swift text taken apart line by line: what the compiler runs and what people read.
///
/// A small tokenizer, enough for the rules here: nested comments, raw and multi-line strings, and
/// interpolations (which are code). It does not know regex literals; we write none.
struct SwiftText: Sendable {
    /// From the root of the package.
    let path: String
    /// As written.
    let lines: [String]
    /// Comments and the contents of strings are blank, every other byte is at its place.
    let code: [String]
    /// Everything but comments is blank.
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        var splitter = Splitter(Array(text.utf8))
        splitter.run()
        lines = Self.lines(Array(text.utf8))
        code = Self.lines(splitter.code)
        comments = Self.lines(splitter.comments)
    }

    /// The first folder under `Sources`: the target, when this is a source file.
    var target: String? { path.component(after: "Sources") }

    /// Numbers, from 1, of lines whose code contains `word` as a whole word.
    func lines(with word: String) -> [Int] {
        code.indices.filter { code[$0].hasWord(word) }.map { $0 + 1 }
    }

    func isCommentOnly(_ index: Int) -> Bool {
        !comments[index].isBlank && code[index].isBlank
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Walks the bytes once and sorts each into code, comment or string.
private struct Splitter {
    private enum Mode {
        /// `depth` open parentheses; an interpolation ends at the one that closes it.
        case code(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    private static let marksInCode = Array("/#\"()".utf8)
    private static let marksInStrings = Array("\\\"\n".utf8)

    private let bytes: [UInt8]
    private(set) var code: [UInt8]
    private(set) var comments: [UInt8]
    private var position = 0
    private var modes: [Mode] = [.code(depth: 0)]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        code = bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
        comments = code
    }

    mutating func run() {
        while position < bytes.count, let mode = modes.last {
            switch mode {
            case .code(let depth): stepInCode(depth)
            case .string(let hashes, let isMultiline): stepInString(hashes, isMultiline)
            }
        }
    }

    private mutating func stepInCode(_ depth: Int) {
        guard Self.marksInCode.contains(bytes[position]) else { return keepCode() }
        if sees("//") {
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { keepComment() }
        } else if sees("/*") {
            skipBlockComment()
        } else if let (hashes, isMultiline) = stringStart {
            for _ in 0..<(hashes + (isMultiline ? 3 : 1)) { keepCode() }
            modes.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else if sees("(") {
            modes[modes.count - 1] = .code(depth: depth + 1)
            keepCode()
        } else if sees(")") {
            if depth == 1, modes.count > 1 {
                modes.removeLast()
            } else {
                modes[modes.count - 1] = .code(depth: max(0, depth - 1))
            }
            keepCode()
        } else {
            keepCode()
        }
    }

    private mutating func stepInString(_ hashes: Int, _ isMultiline: Bool) {
        guard Self.marksInStrings.contains(bytes[position]) else {
            position += 1
            return
        }
        let marks = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + marks
        if sees("\\" + marks + "(") {
            position += 1 + hashes
            modes.append(.code(depth: 0))
        } else if sees("\\" + marks) {
            position += 2 + hashes
        } else if sees(end) {
            for _ in end.utf8 { keepCode() }
            modes.removeLast()
        } else {
            if sees("\n"), !isMultiline { modes.removeLast() }
            position += 1
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if sees("/*") { depth += 1 }
            if sees("*/") { depth -= 1 }
            let isMark = sees("/*") || sees("*/")
            keepComment()
            if isMark { keepComment() }
        } while depth > 0 && position < bytes.count
    }

    /// The hashes and quotes that begin a string here.
    private var stringStart: (hashes: Int, isMultiline: Bool)? {
        var hashes = 0
        while position + hashes < bytes.count, bytes[position + hashes] == UInt8(ascii: "#") {
            hashes += 1
        }
        guard sees("\"", at: hashes) else { return nil }
        return (hashes, sees("\"\"\"", at: hashes))
    }

    private func sees(_ text: String, at distance: Int = 0) -> Bool {
        bytes[min(position + distance, bytes.count)...].starts(with: text.utf8)
    }

    private mutating func keepCode() {
        guard position < bytes.count else { return }
        code[position] = bytes[position]
        position += 1
    }

    private mutating func keepComment() {
        guard position < bytes.count else { return }
        comments[position] = bytes[position]
        position += 1
    }
}

extension String {
    var isBlank: Bool { utf8.allSatisfy { $0 == UInt8(ascii: " ") } }

    /// Whether `word`, which is ASCII, stands here with no letter, digit or underscore beside it.
    func hasWord(_ word: String) -> Bool {
        let bytes = Array(utf8)
        let word = Array(word.utf8)
        guard bytes.count >= word.count else { return false }
        return (0...(bytes.count - word.count)).contains { start in
            guard bytes[start] == word[0] else { return false }
            let end = start + word.count
            return bytes[start..<end] == word[...]
                && (start == 0 || !bytes[start - 1].isWordByte)
                && (end == bytes.count || !bytes[end].isWordByte)
        }
    }

    /// The path component that follows `folder` at the start of the path.
    func component(after folder: String) -> String? {
        let parts = split(separator: "/")
        guard parts.count > 2, parts[0] == folder else { return nil }
        return String(parts[1])
    }
}

extension UInt8 {
    fileprivate var isWordByte: Bool {
        self >= 128 || Character(Unicode.Scalar(self)).isWordCharacter
    }
}

extension Character {
    var isWordCharacter: Bool { isLetter || isNumber || self == "_" }
}
