import Testing

@testable import Boot

@Suite("Lines")
struct LineTests {
    private func text(_ lines: [[UInt8]]) -> [String] {
        lines.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("lines are cut where they end, whatever pieces they come in")
    func cut() {
        var cutter = LineCutter()
        var lines: [String] = []
        for byte in Array("one\n\ntwo\nthr".utf8) { lines += text(cutter.add([byte])) }
        #expect(lines == ["one", "two"])
        #expect(cutter.end().map { text([$0]) } == ["thr"])
        #expect(cutter.end() == nil)
    }

    @Test("a line without an end takes no more than its limit")
    func long() {
        var cutter = LineCutter()
        let bytes = [UInt8](repeating: 65, count: 10_000)
        let lines = cutter.add(bytes[...])
        #expect(lines.map(\.count) == [4096, 4096])
        #expect(cutter.end()?.count == 10_000 - 8192)
    }

    @Test("a record of the kernel becomes a line with its time")
    func kernel() {
        func line(_ text: String) -> String? { KernelLines.line(Array(text.utf8)[...]) }
        #expect(line("6,339,5140900,-;hello\n SUBSYSTEM=x\n") == "[    5.140900] hello")
        #expect(line("4,1,123456000007,-;a;b") == "[123456.000007] a;b")
        #expect(line("6,339;short") == nil)
        #expect(line("no record") == nil)
        #expect(line("6,1,-5,-;x") == nil)
    }
}
