import Syscalls
import Testing

/// What the kernel says of the machine. Setting its name and ending it are tested with the plain
/// host, in namespaces of their own.
@Suite struct MachineTests {
    private func line(_ path: String) throws -> String {
        String(decoding: try File.read(path, limit: 16 * 1024).dropLast(), as: UTF8.self)
    }

    @Test("the names are those that the kernel shows in its files")
    func names() throws {
        let names = KernelNames.current
        #expect(try names.host == line("/proc/sys/kernel/hostname"))
        #expect(try names.release == line("/proc/sys/kernel/osrelease"))
        #expect(["x86_64", "aarch64"].contains(names.architecture))
    }

    @Test("an empty host name, a longer one than the kernel takes, or one with a NUL is refused")
    func hostName() {
        #expect(throws: Errno.invalid) { try HostName.set("") }
        #expect(throws: Errno.invalid) { try HostName.set("a\0b") }
        #expect(throws: Errno.invalid) {
            try HostName.set(String(repeating: "a", count: HostName.limit + 1))
        }
    }

    @Test("the time since the start is that of the kernel's file")
    func uptime() throws {
        let shown = try line("/proc/uptime").split(separator: " ").first.flatMap { Double($0) }
        let shownSeconds = try #require(shown)
        #expect(abs(MachineClock.uptime / .seconds(1) - shownSeconds) < 5)
    }

    @Test("whether the clock is kept right is what adjtimex says")
    func synchronised() throws {
        let script = """
            import ctypes
            libc = ctypes.CDLL(None)
            state = (ctypes.c_long * 64)()
            answer = libc.adjtimex(ctypes.byref(state))
            print(answer not in (-1, 5) and not ctypes.c_int(state[5]).value & 0x40)
            """
        let outcome = try Spawn.run(
            "/usr/bin/env",
            ["python3", "-c", script],
            outputLimit: 100,
            timeout: .seconds(60)
        )
        let said = String(decoding: outcome.output, as: UTF8.self)
        #expect(said == (MachineClock.isSynchronised ? "True\n" : "False\n"))
    }

    @Test("a process number and user are those of the kernel's file")
    func process() throws {
        let status = try line("/proc/self/status").split(separator: "\n")
        let numbers = { (name: String) in
            status.first { $0.hasPrefix(name) }?.split(separator: "\t").compactMap { Int($0) }
        }
        #expect(numbers("Pid:")?.first == Int(CurrentProcess.number))
        // Real, effective, saved, file system.
        #expect(numbers("Uid:")?.dropFirst().first == Int(CurrentProcess.user))
    }

    @Test("a name is told from what it names: file, folder, socket, link, nothing")
    func kinds() throws {
        let folder = try TemporaryFolder()
        #expect(try File.kind(of: folder("none")) == nil)
        #expect(throws: Errno.noEntry) { try File.permissions(of: folder("none")) }
        try File.writeAtomically([1].span, to: folder("file"), permissions: 0o640)
        #expect(try File.kind(of: folder("file")) == .file)
        #expect(try File.permissions(of: folder("file")) == 0o640)
        #expect(try File.kind(of: folder.path) == .directory)
        #expect(try File.kind(of: "/dev/null") == .characterDevice)
        #expect(try File.kind(of: "/proc/self/exe") == .other)
        #expect(throws: Errno.invalid) { try File.kind(of: "a\0b") }
    }
}
