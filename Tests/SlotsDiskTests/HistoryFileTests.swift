import Slots
import SlotsDisk
import Support
import Syscalls
import Testing

@Suite struct HistoryFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("a history that was never written has no lines")
    func none() throws {
        #expect(try HistoryFile(inFolder: folder("slots")).lines() == [])
    }

    @Test("lines come back in order, oldest first")
    func order() throws {
        let history = HistoryFile(inFolder: folder("slots"))
        try history.append(bytes("{\"a\":1}"))
        try history.append(bytes("{\"b\":2}"))
        #expect(try history.lines() == [bytes("{\"a\":1}"), bytes("{\"b\":2}")])
        let text = try File.read(folder("slots/history"), limit: 100)
        #expect(text == bytes("{\"a\":1}\n{\"b\":2}\n"))
    }

    @Test("a torn last line is not a line, and the next line does not run into it")
    func torn() throws {
        let history = HistoryFile(inFolder: folder.path)
        try File.append(bytes("{\"a\":1}\n{\"b\":").span, to: folder("history"))
        #expect(try history.lines() == [bytes("{\"a\":1}")])
        try history.append(bytes("{\"c\":3}"))
        #expect(try history.lines() == [bytes("{\"a\":1}"), bytes("{\"b\":"), bytes("{\"c\":3}")])
    }

    @Test("only a torn line is no line at all")
    func onlyTorn() throws {
        try File.append(bytes("{\"a\"").span, to: folder("history"))
        #expect(try HistoryFile(inFolder: folder.path).lines() == [])
    }

    @Test("a history that cannot be read or written says which errno")
    func refused() throws {
        try Directory.create(folder("history"))
        let history = HistoryFile(inFolder: folder.path)
        #expect(throws: HistoryError(code: 21)) { try history.lines() }
        #expect(throws: HistoryError(code: 21)) { try history.append(bytes("a")) }
        try File.append([1].span, to: folder("file"))
        #expect(throws: HistoryError(code: Errno.notDirectory.code)) {
            try HistoryFile(inFolder: folder("file")).append(bytes("a"))
        }
        #expect(throws: HistoryError(code: Errno.noEntry.code)) {
            try HistoryFile(inFolder: folder("x/y")).append(bytes("a"))
        }
    }

    @Test("a history that grew beyond all reason is refused")
    func tooLarge() throws {
        let file = try File.create(folder("history"), permissions: 0o600)
        try file.resize(to: HistoryFile.limit + 1)
        #expect(throws: HistoryError(code: Errno.tooLarge.code)) {
            try HistoryFile(inFolder: folder.path).lines()
        }
    }
}
