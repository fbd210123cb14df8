import Foundation
import Testing

@testable import API

extension Heavy {
    @Suite("A container runtime is asked", .timeLimit(.minutes(5)))
    struct RuntimeTests {
        /// What a runtime is told to do, and what is said of it; nil: it is ready.
        static let ways: [(String, String?)] = [
            ("ready", nil),
            ("unready", "the container runtime is not ready: Sick: no room for snapshots."),
            ("empty", "the container runtime does not say whether it is ready."),
            ("wrong", "the container runtime answers: unknown service runtime.v1."),
            ("silent", "the container runtime does not answer on SOCKET in time."),
        ]

        @Test("grpcio's is ready when it says so; any other answer says why not", arguments: ways)
        func asked(way: String, words: String?) async throws {
            let scratch = try Scratch()
            let socket = scratch.folder.appendingPathComponent("runtime.sock").path
            let program = try PeerProgram("runtime.py", [socket, way])
            #expect(await program.readLine().hasSuffix("serves\n"))
            let found = await said(socket, within: .seconds(way == "silent" ? 1 : 60))
            #expect(found == words?.replacingOccurrences(of: "SOCKET", with: socket))
            try program.closeInput()
            #expect(await program.finish().status == 0)
        }

        @Test("one that does not listen cannot be reached, however it came to that")
        func absent() async throws {
            let scratch = try Scratch()
            let file = try scratch.write("plain", [])
            for path in [file, scratch.folder.appendingPathComponent("none").path] {
                #expect(
                    await said(path, within: .seconds(5))
                        == "the container runtime cannot be reached on \(path)."
                )
            }
        }

        @Test("a sandbox is tried for as long as its three calls take together, and no longer")
        func sandbox() async throws {
            let scratch = try Scratch()
            let socket = scratch.folder.appendingPathComponent("runtime.sock").path
            let program = try PeerProgram("runtime.py", [socket, "ready"])
            #expect(await program.readLine().hasSuffix("serves\n"))
            for (seconds, words) in [
                (60, nil), (2, "the container runtime does not answer on \(socket) in time."),
            ] {
                let found = await said(by: socket) { (runtime) throws(CallFailure) in
                    try await runtime.trySandbox("boot-1", within: .seconds(seconds))
                }
                #expect(found == words)
            }
            try program.closeInput()
            #expect(await program.finish().status == 0)
        }

        private func said(_ socket: String, within timeout: Duration) async -> String? {
            await said(by: socket) { (runtime) throws(CallFailure) in
                try await runtime.checkReady(within: timeout)
            }
        }

        private func said(
            by socket: String,
            _ ask: (RuntimeClient) async throws(CallFailure) -> Void
        ) async -> String? {
            do throws(CallFailure) {
                try await ask(RuntimeClient(socket: socket))
                return nil
            } catch {
                #expect(error.code == .unavailable)
                return error.sentence
            }
        }
    }
}
