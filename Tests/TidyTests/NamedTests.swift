/// Tests that a page names, between `*"` and `"*`.
enum NamedTests {
    static func claims(in page: String) -> [(name: String, line: Int)] {
        var claims: [(name: String, line: Int)] = []
        for (index, line) in page.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            var rest = line[...]
            while let start = rest.firstRange(of: "*\"") {
                rest = rest[start.upperBound...]
                guard let end = rest.firstRange(of: "\"*") else { break }
                claims.append((String(rest[..<end.lowerBound]), index + 1))
                rest = rest[end.upperBound...]
            }
        }
        return claims
    }

    static func missing(
        _ claims: [(name: String, line: Int)],
        _ names: Set<String>,
        _ path: String
    ) -> [Violation] {
        claims.filter { !names.contains($0.name) }.map {
            Violation(path, $0.line, "there is no test \"\($0.name)\"")
        }
    }
}
