import Syscalls
import Testing

@testable import Agent

@Suite("The state folder")
struct StateFolderTests {
    let folder: TemporaryFolder
    var state: StateFolder { folder.state }

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ name: String) throws -> String {
        let outcome = try Spawn.run(
            "/usr/bin/stat",
            ["-c", "%a", state.path + "/" + name],
            outputLimit: 64,
            timeout: .seconds(10)
        )
        return String(decoding: outcome.output, as: UTF8.self)
    }

    @Test("what was written is read, in folders that only the owner may use")
    func roundTrip() throws {
        try state.write("identity/agent.key", [1, 2, 3])
        #expect(try state.read("identity/agent.key", limit: 3) == [1, 2, 3])
        #expect(try mode("identity/agent.key") == "600\n")
        #expect(try mode("identity") == "700\n")
        try state.write("identity/agent.key", [4])
        #expect(try state.read("identity/agent.key", limit: 3) == [4])
    }

    @Test("a file that is not there is nothing, and removing it is no error")
    func missing() throws {
        #expect(try state.read("nothing", limit: 1) == nil)
        #expect(try state.list("nothing") == [])
        try state.remove("nothing")
        try state.write("something", [])
        try state.remove("something")
        #expect(try state.read("something", limit: 1) == nil)
    }

    @Test("a list is sorted and leaves out what was being written when the power went")
    func list() throws {
        for name in ["b", "a"] { try state.write("folder/\(name)", [0]) }
        _ = try File.create(state.path + "/folder/c.new", permissions: 0o600)
        #expect(try state.list("folder") == ["a", "b"])
    }

    @Test("a file beyond its limit is refused")
    func limit() throws {
        try state.write("large", [1, 2, 3])
        #expect(throws: StateError(.read, "large", .tooLarge)) {
            try state.read("large", limit: 2)
        }
    }

    @Test(
        "a name that leads out of the folder is refused",
        arguments: ["../key", "a/../b", "/etc/passwd", "a//b", ".hidden", "", "a\0b"]
    )
    func names(name: String) {
        #expect(throws: StateError(.name, name, .invalid)) { try state.read(name, limit: 1) }
        #expect(throws: StateError(.name, name, .invalid)) { try state.write(name, []) }
    }

    @Test("many writers of one file leave one of their files whole")
    func writers() async throws {
        let state = state
        try await withThrowingTaskGroup(of: Void.self) { group in
            for byte in UInt8(0)..<16 {
                group.addTask { try state.write("shared", [UInt8](repeating: byte, count: 999)) }
            }
            try await group.waitForAll()
        }
        let bytes = try #require(try state.read("shared", limit: 999))
        #expect(bytes.count == 999 && Set(bytes).count == 1)
    }
}
