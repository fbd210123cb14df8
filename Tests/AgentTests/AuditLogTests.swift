import Slots
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("The audit log")
struct AuditLogTests {
    let folder: TemporaryFolder
    var state: StateFolder { folder.state }

    init() throws { folder = try TemporaryFolder() }

    private func add(_ count: Int, to log: AuditLog, durable: Bool = true) throws {
        for number in 0..<count {
            try log.append(durable: durable) { $0.add("method", "Method\(number)") }
        }
    }

    /// Every line that is kept, checked.
    private func verified(_ log: AuditLog) throws -> AuditChain {
        var chain = AuditChain()
        var next = 0
        while true {
            let (first, lines) = try log.lines(from: next)
            guard !lines.isEmpty else { return chain }
            for line in lines { try chain.add(line) }
            next = first + lines.count
        }
    }

    private var path: String { state.path + "/" + AuditLog.name(0) }

    @Test("lines are chained, and an opened log goes on where it ended")
    func goesOn() throws {
        let log = try AuditLog(state)
        #expect(log.head == .empty)
        try add(5, to: log)
        let again = try AuditLog(state)
        #expect(again.head == log.head && again.head.count == 5)
        try add(5, to: again)
        #expect(try verified(again).head == again.head)
        #expect(again.head.count == 10)
    }

    @Test("the head tells only of what survives power loss")
    func durable() throws {
        let log = try AuditLog(state)
        try add(2, to: log)
        let before = log.head
        try add(3, to: log, durable: false)
        #expect(log.head == before)
        try log.synchronize()
        #expect(log.head.count == 5)
    }

    @Test("a line torn at any byte is closed by a recovered line")
    func torn() throws {
        let log = try AuditLog(state)
        try add(3, to: log)
        let whole = try File.read(path, limit: 1 << 20)
        let third = try log.lines(from: 2).lines[0].count + 1
        for cut in 1..<third {
            let part = Array(whole.dropLast(cut))
            try File.writeAtomically(part.span, to: path, permissions: 0o600)
            let again = try AuditLog(state)
            // When the whole line is gone, newline and all, nothing tells that it ever was.
            #expect(again.head.count == 3, "cut \(cut)")
            let last = String(decoding: try again.lines(from: 2).lines[0], as: UTF8.self)
            #expect(last.contains("\"method\": \"recovered\""))
            #expect(last.contains("\(part.count - (whole.count - third)) bytes of a torn line"))
            #expect(try verified(again).head == again.head)
        }
    }

    @Test("an edited last line is left to be found, and the log goes on")
    func edited() throws {
        let log = try AuditLog(state)
        try add(3, to: log)
        var bytes = try File.read(path, limit: 1 << 20)
        bytes[bytes.count - 100] ^= 1
        try File.writeAtomically(bytes.span, to: path, permissions: 0o600)
        let again = try AuditLog(state)
        #expect(again.head.count == 4)
        #expect(throws: AuditChain.Fault.edited(line: 2)) { try verified(again) }
    }

    @Test("files are rotated by size, the oldest dropped, and the chain goes through")
    func rotates() throws {
        let limits = AuditLog.Limits(fileBytes: 2000, files: 3)
        let log = try AuditLog(state, limits: limits)
        try add(100, to: log)
        let names = try state.list(AuditLog.folder)
        #expect(names.count == 3)
        #expect(log.first > 0)
        let chain = try verified(log)
        #expect(chain.first == log.first)
        #expect(chain.head == log.head && log.head.count == 100)
        let again = try AuditLog(state, limits: limits)
        #expect(again.head == log.head)
    }

    @Test("a crash between the old file and the new one loses nothing")
    func emptyLast() throws {
        let log = try AuditLog(state)
        try add(4, to: log)
        _ = try File.create(state.path + "/" + AuditLog.name(4), permissions: 0o600)
        let again = try AuditLog(state)
        #expect(again.head == log.head)
        try add(2, to: again)
        #expect(try verified(again).head.count == 6)
    }

    @Test("lines written by many at once are one chain")
    func concurrent() async throws {
        let log = try AuditLog(state)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 { try log.append(durable: false) { $0.add("method", "x") } }
                }
            }
            try await group.waitForAll()
        }
        try log.synchronize()
        #expect(try verified(log).head.count == 400)
    }
}
