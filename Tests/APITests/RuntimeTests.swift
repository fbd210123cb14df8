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

        /// How the runtime is, for how many seconds its sandbox is tried, whether that is enough.
        ///
        /// With `busy` no sign of life comes from it for longer than an agent may be without one.
        static let sandboxes = [("ready", 60, true), ("ready", 2, false), ("busy", 120, true)]

        @Test("a sandbox is tried for the time of its three calls together", arguments: sandboxes)
        func sandbox(way: String, seconds: Int, isEnough: Bool) async throws {
            let scratch = try Scratch()
            let socket = scratch.folder.appendingPathComponent("runtime.sock").path
            let program = try PeerProgram("runtime.py", [socket, way])
            #expect(await program.readLine().hasSuffix("serves\n"))
            let late = "the container runtime does not answer on \(socket) in time."
            let found = await said(by: socket) { (runtime) throws(CallFailure) in
                try await runtime.trySandbox("boot-1", within: .seconds(seconds))
            }
            #expect(found == (isEnough ? nil : late))
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
