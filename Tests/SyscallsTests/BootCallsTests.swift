import Testing

@testable import Syscalls

/// What the first process asks of the kernel, as far as a test may ask it too.
@Suite("Calls of the first process")
struct BootCallsTests {
    @Test("a request to the device mapper has its fields where the kernel looks")
    func mapper() {
        var request = MapperRequest(name: "n", uuid: "u")
        let fits = request.setTarget("verity", sectors: 0x0102, parameters: "a b")
        #expect(fits)
        let bytes = request.bytes
        #expect(bytes.count == 4096)
        #expect(
            Array(bytes[..<48]) == [
                4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // version
                0, 16, 0, 0,  // bytes of the whole
                0x38, 1, 0, 0,  // where the data begins
                1, 0, 0, 0,  // targets
                0, 0, 0, 0,  // open count
                1, 0, 0, 0,  // flags: read-only
                0, 0, 0, 0, 0, 0, 0, 0,  // event, padding
                0, 0, 0, 0, 0, 0, 0, 0,  // device
            ]
        )
        #expect(bytes[48] == 0x6e && bytes[49] == 0)
        #expect(bytes[176] == 0x75 && bytes[177] == 0)
        #expect(
            Array(bytes[312..<356]) == [
                0, 0, 0, 0, 0, 0, 0, 0,  // first sector
                2, 1, 0, 0, 0, 0, 0, 0,  // sectors
                0, 0, 0, 0,  // status
                48, 0, 0, 0,  // to the next target
                0x76, 0x65, 0x72, 0x69, 0x74, 0x79, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // type
                0x61, 0x20, 0x62, 0,  // parameters
            ]
        )
        let long = String(repeating: "x", count: 4000)
        let isTooLong = !request.setTarget("verity", sectors: 1, parameters: long)
        #expect(isTooLong)
    }

    @Test("a device's number is read as the kernel packs it")
    func minor() {
        var answer = [UInt8](repeating: 0, count: 64)
        answer.replaceSubrange(40..<48, with: [5, 0xfd, 0x10, 0, 0, 0, 0, 0])
        #expect(MapperRequest.minor(of: answer) == 5 | 0x100)
    }

    @Test("a wake-up that was cleared waits again")
    func wakeUp() throws {
        let wake = try WakeUp()
        wake.clear()
        wake.signal()
        wake.signal()
        #expect(Readiness.wait(for: wake.number, .reading, until: MonotonicTime.now))
        wake.clear()
        #expect(!Readiness.wait(for: wake.number, .reading, until: MonotonicTime.now))
    }

    @Test("a symbolic link is made and read")
    func symbolicLinks() throws {
        let folder = try TemporaryFolder()
        try File.link(folder.path + "/a", to: "b/c")
        #expect(try File.target(of: folder.path + "/a") == "b/c")
        #expect(throws: Errno.exists) { try File.link(folder.path + "/a", to: "d") }
        #expect(throws: Errno.noEntry) { try File.target(of: folder.path + "/x") }
    }

    @Test("a file is filled anew, and put to only when it is there")
    func filling() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        #expect(throws: Errno.noEntry) { try File.put(Array("1".utf8).span, to: path) }
        try File.fill(path, with: Array("long text".utf8).span, permissions: 0o644)
        try File.fill(path, with: Array("new".utf8).span, permissions: 0o644)
        #expect(try File.read(path, limit: 100) == Array("new".utf8))
        try Directory.make(folder.path + "/folder", permissions: 0o755)
        try Directory.make(folder.path + "/folder", permissions: 0o700)
        #expect(try File.permissions(of: folder.path + "/folder") == 0o755)
        try Directory.remove(folder.path + "/folder")
        #expect(try File.kind(of: folder.path + "/folder") == nil)
    }

    @Test("what is no module is refused by the kernel")
    func modules() throws {
        #expect(throws: Errno.noEntry) { try KernelModule.load("/no/such.ko") }
        #expect(throws: Errno.self) { try KernelModule.load("/etc/hostname") }
    }
}
