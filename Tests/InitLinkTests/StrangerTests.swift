import Syscalls
import Testing

@testable import InitLink

/// Processes that do not run as root, at either end. Python stands in for them, as another user.
@Suite("Strangers")
struct StrangerTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        // The folder itself keeps nobody out, so that what does is the socket.
        _ = try Spawn.run(
            "/bin/chmod",
            ["711", folder.path],
            outputLimit: 0,
            timeout: .seconds(30)
        )
    }

    /// What `script` prints, run as user 65534.
    private func asNobody(_ script: String) throws -> String {
        let outcome = try Spawn.run(
            "/usr/bin/setpriv",
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                "import socket,sys\n" + script,
            ],
            outputLimit: 4096,
            timeout: .seconds(30)
        )
        #expect(outcome.end == .exited(code: 0))
        return String(decoding: outcome.output, as: UTF8.self)
    }

    /// Connects, says hello, and prints what comes back, or the error's name.
    private var visit: String {
        """
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        try:
            s.connect("\(folder("control"))")
            s.sendall(bytes([2, 0, 0, 0, 8, 1]))
            print("heard", s.recv(100).hex())
        except OSError as error:
            print(type(error).__name__)
        """
    }

    @Test("another user cannot even connect, because of the socket's mode")
    func mode() throws {
        let server = try InitServer(at: folder("control"), answering: MemoryMachine())
        defer { server.stop() }
        #expect(try asNobody(visit) == "PermissionError\n")
    }

    @Test("another user that gets past the mode is hung up on by what the kernel says of it")
    func credentials() throws {
        let server = try InitServer(at: folder("control"), answering: MemoryMachine())
        defer { server.stop() }
        _ = try Spawn.run(
            "/bin/chmod",
            ["666", folder("control")],
            outputLimit: 0,
            timeout: .seconds(30)
        )
        // Closed before or after it could speak.
        let heard = try asNobody(visit)
        #expect(["heard \n", "BrokenPipeError\n", "ConnectionResetError\n"].contains(heard))
        #expect(try InitClient(path: folder("control")).clock().now == 1000)
    }

    @Test("the same script as root is heard")
    func root() throws {
        let server = try InitServer(at: folder("control"), answering: MemoryMachine())
        defer { server.stop() }
        let outcome = try Spawn.run(
            "/usr/bin/python3",
            ["-c", "import socket,sys\n" + visit],
            outputLimit: 4096,
            timeout: .seconds(30)
        )
        #expect(String(decoding: outcome.output, as: UTF8.self) == "heard 020000000801\n")
    }

    @Test("a client does not speak to a server that does not run as root")
    func server() throws {
        _ = try Spawn.run(
            "/bin/chmod",
            ["777", folder.path],
            outputLimit: 0,
            timeout: .seconds(30)
        )
        let path = folder("theirs")
        let folder = folder
        let said = Channel<String>(capacity: 1)
        let thread = try Thread("stranger") { [self] in
            // The name appears when the stranger listens.
            let script = """
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(20)
                s.bind("\(path).new")
                s.listen(1)
                import os
                os.rename("\(path).new", "\(path)")
                print("heard", s.accept()[0].recv(100).hex())
                """
            said.send((try? asNobody(script)) ?? "nothing")
        }
        let end = MonotonicTime.now + RawPeer.patience
        while try File.kind(of: path) == nil, MonotonicTime.now < end {
            MonotonicTime.sleep(.milliseconds(10))
        }
        #expect(throws: InitFailure.stranger(uid: 65534)) { try InitClient(path: path).clock() }
        #expect(said.receive() == "heard \n")
        thread.join()
        withExtendedLifetime(folder) {}
    }
}
