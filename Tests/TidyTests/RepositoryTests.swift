import Testing

/// The rules for files of any language, on samples.
@Suite("Repository rules")
struct RepositoryTests {
    private func file(_ path: String, _ text: String) -> RepositoryFile {
        RepositoryFile(path: path, bytes: Array(text.utf8))
    }

    @Test("a folder without a README, or with a stub, is found")
    func readMes() {
        let long = String(repeating: "a\n", count: 5)
        let files = [
            file("Sources/A/A.swift", ""), file("Sources/A/README.md", long),
            file("Sources/B/B.swift", ""), file("Sources/B/README.md", "# B\n"),
            file("Sources/Shims/C/shim.h", ""), file("Sources/Shims/README.md", long),
            file("bench/run.py", ""), file("Sources/A/Inner/D.swift", ""),
            file("Package.swift", ""),
        ]
        let found = RepositoryRules.readMes(files).map(\.path)
        #expect(found == ["Sources/B/README.md", "Sources/Shims/C", "bench"])
    }

    @Test("the path of one machine is found in any text")
    func machinePaths() {
        let mark = "/wo" + "rk/"
        let bad = file("a.py", "x\ny = '\(mark)shared'\n")
        #expect(RepositoryRules.machinePaths(bad).map(\.line) == [2])
        #expect(RepositoryRules.machinePaths(file("a.py", "net\(mark)a")).count == 1)
        #expect(RepositoryRules.machinePaths(file("a.py", "/works/ /tmp/keelos")).isEmpty)
        #expect(RepositoryRules.machinePaths(file("a", "\0\(mark)")).isEmpty)
    }

    @Test("a private key is found, the mere word for it is not")
    func privateKeys() {
        let head = "-----BEGIN EC PRIVATE KEY-----"
        let key = file("a.pem", "\(head)\n" + String(repeating: "Ab+/", count: 16) + "\n")
        #expect(RepositoryRules.privateKeys(key).map(\.line) == [1])
        #expect(RepositoryRules.privateKeys(file("a", "\(head)\n...\n")).isEmpty)
        let code = file("a.swift", "let head = \"\(head)\"\nlet body = read()\n")
        #expect(RepositoryRules.privateKeys(code).isEmpty)
        let open = "-----BEGIN PUBLIC KEY-----\n" + String(repeating: "Ab+/", count: 16)
        #expect(RepositoryRules.privateKeys(file("a.pub", open)).isEmpty)
    }

    @Test("a binary of more than 1 MiB is found")
    func binaries() {
        let large = [UInt8](repeating: 0, count: (1 << 20) + 1)
        #expect(RepositoryRules.binaries(RepositoryFile(path: "a", bytes: large)).count == 1)
        let fits = RepositoryFile(path: "a", bytes: Array(large.dropFirst()))
        #expect(RepositoryRules.binaries(fits).isEmpty)
        let text = RepositoryFile(path: "a", bytes: large.map { _ in 0x61 })
        #expect(RepositoryRules.binaries(text).isEmpty)
    }

    @Test("a link that leads nowhere is found")
    func links() {
        let page = file(
            "docs/a.md",
            "[x](b.md) [y](../Sources/A#z) [z](#here)\n[w](https://h/x) [v](../c.md)\n"
        )
        let paths: Set = ["docs/a.md", "docs/b.md", "Sources/A/A.swift"]
        #expect(RepositoryRules.links(page, in: paths).map(\.line) == [2])
        #expect(RepositoryRules.links(page, in: paths.union(["c.md"])).isEmpty)
    }
}
