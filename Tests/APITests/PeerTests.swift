import Foundation
import Testing

@testable import API

extension Heavy {
    /// Somebody else's client: Python's grpcio.
    @Suite("Python peer", .timeLimit(.minutes(5)))
    struct PeerTests {
        @Test("grpcio completes unary calls, streams and health checks over mutual TLS")
        func python() async throws {
            let world = try World()
            let scratch = try Scratch()
            let admin = world.clients.client("alice")
            let program = try PeerProgram(
                "peer.py",
                [
                    "--endpoint", world.endpoint,
                    "--ca", try scratch.write("ca.pem", world.store.current.identity.certificate),
                    "--cert", try scratch.write("cert.pem", admin.certificate),
                    "--key", try scratch.write("client.pem", admin.key),
                ]
            )
            let outcome = await program.finish(within: .seconds(280))
            #expect(outcome.status == 0, "\(outcome.text)")
            #expect(outcome.text.hasSuffix(" passed, 0 failed\n"))
            print("peer: \(outcome.text.split(separator: "\n").last ?? "")")
            await world.stop()
        }
    }
}
