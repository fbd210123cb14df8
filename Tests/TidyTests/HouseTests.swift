import Testing

/// The rules of `docs/design.md`, on our own source.
@Suite("House rules")
struct HouseTests {
    static let repository = Result { try Repository(at: Repository.root) }

    private var repository: Repository {
        get throws { try Self.repository.get() }
    }

    private func sources() throws -> [SwiftText] {
        try repository.swift.filter { $0.path.hasPrefix("Sources/") }
    }

    private func package() throws -> PackageText {
        PackageText(try page("Package.swift"))
    }

    private func table() throws -> ImportTable {
        ImportTable(parsing: try page("docs/design.md"))
    }

    /// The text of a file that must be there.
    private func page(_ path: String) throws -> String {
        let text = try repository.text(path)
        return try #require(text, "there is no \(path)")
    }

    @Test("every file of the house is looked at")
    func everything() throws {
        let folders = try repository.sourceFolders
        #expect(folders.contains("Slots"))
        let count = try sources().count
        #expect(count > 100)
        let targets = try package().targets.keys.sorted()
        #expect(targets == folders.filter { $0 != "Shims" })
        print("tidy: \(try repository.files.count) files, \(count) of them Swift in Sources")
    }

    @Test("a target imports only what the design allows it")
    func imports() throws {
        let table = try table()
        expectNone(try sources().flatMap { ImportRules.sources(of: $0, table) })
    }

    @Test("Package.swift lets a target see only what the design allows it")
    func dependencies() throws {
        expectNone(ImportRules.package(try package(), try table()))
        expectNone(ImportRules.folders(try repository.sourceFolders, try package(), try table()))
    }

    @Test("no Swift file is longer than 400 lines, no line than 100 columns")
    func size() throws {
        expectNone(try repository.swift.flatMap(FormRules.size))
    }

    @Test("sources trap only on purpose and leave nothing for later")
    func words() throws {
        expectNone(try sources().flatMap(FormRules.sourceWords))
    }

    @Test("the engine imports nothing, waits for nothing, prints nothing, points nowhere")
    func pure() throws {
        expectNone(try sources().filter { $0.target == "Slots" }.flatMap(FormRules.pureWords))
    }

    @Test("pointers live in their homes")
    func unsafeHomes() throws {
        expectNone(try sources().flatMap(UnsafeRules.place))
    }

    @Test("every use of a pointer says why it is sound")
    func unsafeReasons() throws {
        expectNone(try repository.swift.flatMap(UnsafeRules.reasons))
    }

    @Test("the name of every test is a sentence")
    func testNames() throws {
        let tests = try repository.swift.filter { $0.path.hasPrefix("Tests/") }
        let count = tests.reduce(0) { $0 + $1.tests.count }
        #expect(count > 100)
        expectNone(tests.flatMap(FormRules.testNames))
    }

    @Test("every folder says what it promises")
    func readMes() throws {
        expectNone(RepositoryRules.readMes(try repository.files))
    }

    @Test("every link between our pages leads somewhere")
    func links() throws {
        let paths = Set(try repository.files.map(\.path))
        expectNone(try repository.files.flatMap { RepositoryRules.links($0, in: paths) })
    }

    @Test("the tests that the architecture page names exist")
    func namedTests() throws {
        let names = Set(try repository.swift.flatMap { $0.tests.compactMap(\.name) })
        let claims = NamedTests.claims(in: try page("docs/architecture.md"))
        #expect(claims.count > 10)
        expectNone(NamedTests.missing(claims, names, "docs/architecture.md"))
    }

    @Test("no file names a place on one machine")
    func machinePaths() throws {
        expectNone(try repository.files.flatMap(RepositoryRules.machinePaths))
    }

    @Test("no private key and no large binary is tracked")
    func keysAndBinaries() throws {
        expectNone(try repository.files.flatMap(RepositoryRules.privateKeys))
        expectNone(try repository.files.flatMap(RepositoryRules.binaries))
    }

    private func expectNone(
        _ violations: [Violation],
        _ location: SourceLocation = #_sourceLocation
    ) {
        for violation in violations { Issue.record("\(violation)", sourceLocation: location) }
    }
}
