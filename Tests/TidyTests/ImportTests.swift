import Testing

/// The reading of the two tables and of `Package.swift`, and what is held against them.
@Suite("Import rules")
struct ImportTests {
    private let table = ImportTable(
        parsing: """
            Text before.

            | may import -> | Slots | Trust | shims |
            |--|--|--|--|
            | Slots | - | no | no |
            | Trust | yes | - | CCrypto |
            | osctl, ImageTool | yes | no | no |

            | module | may be imported by |
            |--|--|
            | `Glibc` | Trust, osctl |

            | Slots | yes | yes | CCrypto |
            """
    )

    private func source(_ text: String, in target: String) -> SwiftText {
        SwiftText(path: "Sources/\(target)/A.swift", text: text)
    }

    @Test("the tables say who may import what")
    func tables() {
        #expect(
            table.allowed == [
                "Slots": [],
                "Trust": ["Slots", "CCrypto", "Glibc"],
                "osctl": ["Slots", "Glibc"],
                "ImageTool": ["Slots"],
            ]
        )
    }

    @Test(
        "every spelling of an import is read",
        arguments: [
            "import Trust", "public import Trust", "@testable import Trust",
            "import struct Trust.A",
            "@preconcurrency internal import Trust", "import Trust.B",
        ]
    )
    func spellings(sample: String) {
        let text = source("// import Slots\n\(sample)", in: "ImageTool")
        #expect(ImportRules.imports(in: text).map(\.module) == ["Trust"])
        #expect(ImportRules.sources(of: text, table).map(\.line) == [2])
    }

    @Test("an import that the table does not allow is found")
    func forbidden() {
        #expect(ImportRules.sources(of: source("import Slots", in: "Trust"), table).isEmpty)
        #expect(ImportRules.sources(of: source("import Trust", in: "osctl"), table).count == 1)
        #expect(ImportRules.sources(of: source("import Glibc", in: "ImageTool"), table).count == 1)
        #expect(ImportRules.sources(of: source("import Slots", in: "New"), table).count == 1)
    }

    @Test("Foundation is found even if a table were to allow it")
    func foundation() {
        let table = ImportTable(parsing: "| module | may be imported by |\n| Foundation | osctl |")
        #expect(table.mayImport("osctl", "Foundation"))
        #expect(ImportRules.sources(of: source("import Foundation", in: "osctl"), table).count == 1)
    }

    @Test("a dependency that the table does not allow is found")
    func dependencies() {
        let package = PackageText(
            """
            let engine: [Target.Dependency] = [
                "Slots", "Trust",
            ]
            library("Slots"),
            library("Trust", ["Slots", "CCrypto"]),  // library("No", ["Trust"])
            library("New", []),
            program("osctl", engine),
            """
        )
        #expect(package.programs == ["osctl"])
        #expect(package.targets["Trust"] == ["Slots", "CCrypto"])
        #expect(package.targets["osctl"] == ["Slots", "Trust"])
        #expect(package.targets["No"] == nil)
        let found = ImportRules.package(package, table).map(\.what)
        #expect(found == ["the design has no row for New", "osctl may not depend on Trust"])
    }

    @Test("a folder that is no target, or that the design does not know, is found")
    func folders() {
        let package = PackageText("library(\"Slots\"), library(\"New\")")
        let found = ImportRules.folders(["New", "Other", "Shims", "Slots"], package, table)
        #expect(found.map(\.path) == ["Sources/New", "Sources/Other", "Sources/Other"])
    }
}
