/// The import table of `docs/design.md`, section 1: what a target may import.
struct ImportTable: Sendable, Hashable {
    /// Targets and modules each target may import.
    private(set) var allowed: [String: Set<String>] = [:]

    /// Reads the two tables of the section: our own targets (`| may import -> |`), and the modules
    /// that are not ours (`| module | may be imported by |`).
    init(parsing markdown: String) {
        var columns: [String] = []
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let cells = Self.cells(line)
            if cells.isEmpty { columns = [] }
            guard cells.count > 1, !cells[0].hasPrefix("--") else { continue }
            if cells[0].hasPrefix("may import") || cells == Self.outsideHead {
                columns = cells
            } else if columns.first?.hasPrefix("may import") == true {
                for target in Self.names(cells[0]) { addRow(target, cells, columns) }
            } else if columns == Self.outsideHead {
                for target in Self.names(cells[1]) {
                    allowed[target, default: []].insert(cells[0])
                }
            }
        }
    }

    func mayImport(_ target: String, _ module: String) -> Bool {
        allowed[target]?.contains(module) == true
    }

    private static let outsideHead = ["module", "may be imported by"]

    private mutating func addRow(_ target: String, _ cells: [String], _ columns: [String]) {
        allowed[target, default: []] = []
        for (cell, column) in zip(cells, columns).dropFirst() {
            switch cell {
            case "yes": allowed[target, default: []].insert(column)
            case "no", "-": break
            default: allowed[target, default: []].formUnion(Self.names(cell))
            }
        }
    }

    private static func names(_ cell: String) -> [String] {
        cell.split(separator: ",").map { $0.filter { $0 != " " && $0 != "`" } }
    }

    private static func cells(_ line: Substring) -> [String] {
        guard line.hasPrefix("|") else { return [] }
        return line.split(separator: "|").map { cell in
            let start = cell.drop { $0 == " " }
            let end = start.lastIndex { $0 != " " }
            return String(end.map { start[...$0] } ?? "").filter { $0 != "`" }
        }
    }
}

/// Imports as they are, against the table.
enum ImportRules {
    /// The module and line of every import.
    static func imports(in text: SwiftText) -> [(module: String, line: Int)] {
        text.code.enumerated().compactMap { index, line in
            var words = line.split(separator: " ")[...]
            while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) {
                words = words.dropFirst()
            }
            guard words.first == "import" else { return nil }
            words = words.dropFirst()
            if let kind = words.first, kinds.contains(kind) { words = words.dropFirst() }
            guard let module = words.first?.split(separator: ".").first else { return nil }
            return (String(module), index + 1)
        }
    }

    static func sources(of text: SwiftText, _ table: ImportTable) -> [Violation] {
        guard let target = text.target else { return [] }
        return imports(in: text).compactMap { module, line in
            guard module == "Foundation" || !table.mayImport(target, module) else { return nil }
            return Violation(text.path, line, "\(target) may not import \(module)")
        }
    }

    /// What `Package.swift` lets a target see, against the table.
    static func package(_ package: PackageText, _ table: ImportTable) -> [Violation] {
        package.targets.sorted { $0.key < $1.key }.flatMap { target, dependencies in
            guard table.allowed[target] != nil else {
                return [Violation(package.path, "the design has no row for \(target)")]
            }
            return dependencies.filter { !table.mayImport(target, $0) }.map {
                Violation(package.path, "\(target) may not depend on \($0)")
            }
        }
    }

    /// Every folder of sources is a target the design knows.
    static func folders(
        _ folders: [String],
        _ package: PackageText,
        _ table: ImportTable
    ) -> [Violation] {
        folders.filter { $0 != "Shims" }.flatMap { folder -> [Violation] in
            var found: [Violation] = []
            if package.targets[folder] == nil {
                found.append(Violation("Sources/\(folder)", "is no target of Package.swift"))
            }
            if table.allowed[folder] == nil {
                found.append(Violation("Sources/\(folder)", "has no row in the design"))
            }
            return found
        }
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]
}
