import ArgumentParser
import Foundation
import Testing

@testable import osctl

@Suite("Help")
struct HelpTests {
    @Test("every command is told in a line and has an example that can be typed")
    func commands() throws {
        #expect(Reference.all.count > 30)
        for entry in Reference.all {
            let configuration = entry.type.configuration
            let name = entry.words.joined(separator: " ")
            let abstract = configuration.abstract
            #expect((1..<60).contains(abstract.count), "\(name)")
            #expect(abstract.first?.isUppercase == true && !abstract.hasSuffix("."), "\(name)")
            let parts = configuration.discussion.components(separatedBy: "EXAMPLE: ")
            #expect(parts.count == 2, "\(name)")
            guard parts.count == 2 else { continue }
            let words = try Self.words(parts[1])
            #expect(words.first == "osctl", "\(name)")
            #expect(throws: Never.self, "\(name)") {
                let parsed = try Osctl.parseAsRoot(Array(words.dropFirst()))
                let isFamily = !configuration.subcommands.isEmpty || name == "osctl pki"
                #expect(isFamily || type(of: parsed) == entry.type, "\(name)")
            }
        }
    }

    /// As a shell splits them, up to a redirection.
    private static func words(_ text: String) throws -> [String] {
        var words: [String] = []
        for (index, part) in text.components(separatedBy: "'").enumerated() {
            if index % 2 == 1 {
                words.append(part)
            } else {
                words += part.split(separator: " ").map(String.init)
            }
        }
        return Array(words.prefix { $0 != ">" })
    }

    @Test("docs/osctl.md ends with the reference that the commands print")
    func docs() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/osctl.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let parts = page.components(separatedBy: Reference.mark)
        try #require(parts.count == 2, "docs/osctl.md has one mark where the reference begins")
        #expect(parts[1] == "\n\n" + Reference.text + "\n", "scripts/docs.sh writes it anew")
    }

    @Test("each shell gets a script that knows the commands", arguments: ["bash", "zsh", "fish"])
    func completion(name: String) throws {
        let shell = try #require(CompletionShell(rawValue: name))
        let script = Osctl.completionScript(for: shell)
        for word in ["upgrade", "bootstrap-status", "kubeconfig", "support-bundle"] {
            #expect(script.contains(word), "\(word)")
        }
    }
}
