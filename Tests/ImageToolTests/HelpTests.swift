import ArgumentParser
import Foundation
import Testing

@testable import ImageTool

@Suite("Help")
struct HelpTests {
    static var commands: [any ParsableCommand.Type] {
        [KeelImage.self] + KeelImage.configuration.subcommands
    }

    @Test("every command's help is what help.txt holds")
    func golden() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appendingPathComponent("help.txt")
        let text = Self.commands.map { command in
            "== \(command._commandName)\n" + KeelImage.helpMessage(for: command, columns: 100)
                + "\n"
        }.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["UPDATE_HELP"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test(
        "an abstract is imperative: a capital, no full stop, under 60 characters",
        arguments: 0..<8
    )
    func abstract(number: Int) {
        let command = Self.commands[number]
        let abstract = command.configuration.abstract
        #expect((1..<60).contains(abstract.count))
        #expect(abstract.first?.isUppercase == true)
        #expect(!abstract.hasSuffix("."))
        #expect(command.configuration.discussion.contains("Example: keel-image "))
    }
}
