import Foundation
import Slots
import Testing
import Trust

@testable import ImageTool

@Suite("keygen")
struct KeygenTests {
    @Test("the secret half has mode 0600 and openssl finds the same public half")
    func pair() throws {
        let bench = try Workbench()
        let key = try Keygen.make(bench.path("new"))
        let attributes = try FileManager.default.attributesOfItem(atPath: bench.path("new.key"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try PublicKey.read(bench.path("new.pub")) == key)
        #expect(try PrivateKey.read(bench.path("new.key")).publicKey == key)
        let shown = try bench.run("openssl", "pkey", "-in", "new.key", "-pubout")
        #expect(Array(shown.text.utf8) == (try bench.read("new.pub")))
    }

    @Test("neither half is overwritten, and the other is then not made", arguments: ["key", "pub"])
    func kept(half: String) throws {
        let bench = try Workbench()
        try bench.write("new.\(half)", [1, 2, 3])
        let before = try bench.names()
        #expect(throws: ToolError.exists(bench.path("new.\(half)"))) {
            try Keygen.make(bench.path("new"))
        }
        #expect(try bench.read("new.\(half)") == [1, 2, 3])
        #expect(try bench.names() == before)
    }

    @Test("a folder that is not there fails, and is no refusal")
    func noFolder() throws {
        let bench = try Workbench()
        let error = #expect(throws: ToolError.self) { try Keygen.make(bench.path("no/new")) }
        #expect(error?.isRefusal == false)
    }
}
