import Support
import Syscalls
import Testing

@testable import Agent

@Suite("Process table")
struct ProcessTableTests {
    private static let status = """
        Name:\tkeel agent: x
        State:\tS (sleeping)
        Pid:\t41
        PPid:\t1
        VmHWM:\t   30124 kB
        VmRSS:\t   26000 kB
        Threads:\t12
        """

    @Test("a process is what the kernel says of it")
    func process() throws {
        let found = try #require(ProcessTable.Process(status: Self.status))
        #expect(found.number == 41 && found.parent == 1 && found.state == "S")
        #expect(found.threads == 12 && found.resident == 26000 && found.peak == 30124)
        #expect(found.name == "keel agent: x")
        #expect(ProcessTable.Process(status: "Name:\tx\nPid:\t2\n") == nil)
        #expect(ProcessTable.Process(status: "Name:\tx\nPid:\t2\nPPid:\t0\n")?.resident == 0)
    }

    @Test("this process is among those of the machine, and a folder without any has none")
    func machine() throws {
        let table = ProcessTable()
        let own = try #require(
            table.processes.first { $0.number == Int(CurrentProcess.number) }
        )
        #expect(own.resident > 0 && own.threads > 0)
        #expect(table.text.split(separator: "\n").count == table.processes.count + 1)
        let folder = try TemporaryFolder()
        #expect(ProcessTable(folder: folder.path).processes.isEmpty)
    }
}
