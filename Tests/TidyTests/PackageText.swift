/// What `Package.swift` says of the targets under `Sources`, read from its text.
///
/// Understands the two makers the file has, `library("Name", [...])` and `program("Name", ...)`,
/// and lists that were given a name.
struct PackageText: Sendable {
    let path = "Package.swift"
    /// The dependencies on targets, by target.
    private(set) var targets: [String: [String]] = [:]
    private(set) var programs: [String] = []

    init(_ text: String) {
        let source = SwiftText(path: path, text: text)
        let written = zip(source.lines, source.comments).map { line, comment in
            comment.isBlank ? line : String(line.prefix { $0 != "/" })
        }.joined(separator: "\n")
        for maker in ["library(\"", "program(\""] {
            for call in Self.calls(of: maker, in: written) {
                let quoted = Self.strings(in: "\"" + call)
                guard let name = quoted.first else { continue }
                targets[name] = Array(quoted.dropFirst()) + Self.lists(named: call, in: written)
                if maker.hasPrefix("program") { programs.append(name) }
            }
        }
    }

    /// The text between the parentheses of each call, without the quote it starts with.
    private static func calls(of maker: String, in text: String) -> [Substring] {
        var calls: [Substring] = []
        var rest = text[...]
        while let start = rest.firstRange(of: maker) {
            rest = rest[start.upperBound...]
            var depth = 1
            let end = rest.firstIndex { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth == 0
            }
            guard let end else { break }
            calls.append(rest[..<end])
        }
        return calls
    }

    /// The strings of the lists that `call` names after its first argument.
    private static func lists(named call: Substring, in text: String) -> [String] {
        call.split { !$0.isWordCharacter }.flatMap { word -> [String] in
            guard let start = text.firstRange(of: "let \(word): [Target.Dependency] = [") else {
                return []
            }
            return strings(in: text[start.upperBound...].prefix { $0 != "]" })
        }
    }

    private static func strings(in text: some StringProtocol) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
}
