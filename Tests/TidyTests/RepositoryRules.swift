/// What may lie in the repository, whatever its language.
enum RepositoryRules {
    static let readMeLines = 5
    static let binaryLimit = 1 << 20

    /// Folders whose subfolders each promise something.
    static let parents = ["Sources", "Sources/Shims", "Tests", "scripts"]
    /// Folders that promise something themselves.
    static let single = ["Tests", "scripts", "bench", "bootloader", "docs", "image"]

    /// Every folder with a promise says it in a README.
    static func readMes(_ files: [RepositoryFile]) -> [Violation] {
        folders(files.map(\.path)).compactMap { folder in
            let path = folder + "/README.md"
            guard let file = files.first(where: { $0.path == path }) else {
                return Violation(folder, "has no README.md")
            }
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            let count = lines.last == "" ? lines.count - 1 : lines.count
            guard count < readMeLines else { return nil }
            return Violation(path, "has \(count) lines, at least \(readMeLines) are wanted")
        }
    }

    static func folders(_ paths: [String]) -> [String] {
        var folders: Set<String> = []
        for path in paths {
            let parts = path.split(separator: "/").dropLast().map(String.init)
            for depth in parts.indices {
                let parent = parts[..<depth].joined(separator: "/")
                let folder = parts[...depth].joined(separator: "/")
                if parents.contains(parent) || single.contains(folder) { folders.insert(folder) }
            }
        }
        return folders.sorted()
    }

    /// No file names a place that exists on one machine only.
    static func machinePaths(_ file: RepositoryFile) -> [Violation] {
        guard !file.isBinary else { return [] }
        let marks = ["/wo" + "rk/", "/tmp/" + "keel/"]
        return file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .compactMap { index, line in
                guard let mark = marks.first(where: { line.contains($0) }) else { return nil }
                return Violation(file.path, index + 1, "names the machine path \(mark)")
            }
    }

    /// A private key is a PEM block of that label with something in it.
    static func privateKeys(_ file: RepositoryFile) -> [Violation] {
        guard !file.isBinary else { return [] }
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        return zip(lines.indices, zip(lines, lines.dropFirst())).compactMap { index, pair in
            guard pair.0.contains("-----BEGIN "), pair.0.contains("PRIVATE KEY-----") else {
                return nil
            }
            let body = pair.1.filter { $0 != " " }
            guard body.count >= 32, body.allSatisfy({ $0.isASCII && $0.isBase64 }) else {
                return nil
            }
            return Violation(file.path, index + 1, "holds a private key")
        }
    }

    static func binaries(_ file: RepositoryFile) -> [Violation] {
        guard file.isBinary, file.size > binaryLimit else { return [] }
        return [Violation(file.path, "is a binary of \(file.size) bytes")]
    }

    /// Links to files of ours lead somewhere.
    static func links(_ file: RepositoryFile, in paths: Set<String>) -> [Violation] {
        guard file.path.hasSuffix(".md") else { return [] }
        let folder = file.path.split(separator: "/").dropLast().map(String.init)
        var found: [Violation] = []
        for (index, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            for target in linkTargets(line) where !target.contains(":") && !target.hasPrefix("#") {
                let path = resolve(String(target.prefix { $0 != "#" }), in: folder)
                let isThere = paths.contains(path) || paths.contains { $0.hasPrefix(path + "/") }
                if !isThere { found.append(Violation(file.path, index + 1, "no \(target)")) }
            }
        }
        return found
    }

    /// What stands in the parentheses of `[text](target)`.
    private static func linkTargets(_ line: Substring) -> [String] {
        var targets: [String] = []
        var rest = line
        while let start = rest.firstRange(of: "](") {
            rest = rest[start.upperBound...]
            targets.append(String(rest.prefix { $0 != ")" }))
        }
        return targets
    }

    private static func resolve(_ target: String, in folder: [String]) -> String {
        var parts = folder
        for part in target.split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}

extension Character {
    fileprivate var isBase64: Bool { isLetter || isNumber || "+/=".contains(self) }
}
