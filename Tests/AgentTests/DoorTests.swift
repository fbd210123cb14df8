import API
import Slots
import Testing
import Trust

@testable import Agent

@Suite("The two doors", .serialized)
struct DoorTests {
    let test: TestDaemon

    init() throws { test = try TestDaemon() }

    private func status(_ client: NodeClient) async throws(CallFailure) -> Keel_V1_GetStatusResponse
    {
        try await client.getStatus(.init(), timeout: .patience)
    }

    @Test("before bootstrap anybody gets status and identity over TLS, and nothing else")
    func open() async throws {
        let daemon = try await test.start()
        let client = try test.client(daemon)
        let status = try await status(client)
        #expect(status.version == "1.0.0" && status.why == .offline && !status.bootstrapped)
        #expect(status.slots.map(\.content) == ["whole", "empty"])
        #expect(status.slots.map(\.grant) == ["trusted", "forbidden"])
        #expect(status.record.copies == ["whole", "whole", "whole"])
        let identity = try await client.getIdentity(.init(), timeout: .patience)
        #expect(identity.fingerprint == daemon.fingerprint.hex)
        #expect(identity.machineID == status.machineID && identity.machineID.utf8.count == 32)
        #expect(identity.clientCaFingerprints.isEmpty)
        #expect(try await client.checkHealth(timeout: .patience))
        #expect(!(try await client.getBootstrapStatus(.init(), timeout: .patience)).bootstrapped)
        let refused = try await failure { () async throws(CallFailure) in
            try await client.reboot(.init(), timeout: .patience)
        }
        #expect(refused.code == .unimplemented)
        client.close()
        await daemon.stop()
    }

    @Test(
        "after bootstrap, on the same port and in the same process, only the client CA's are let in"
    )
    func mutual() async throws {
        let daemon = try await test.start()
        let port = daemon.port
        try await test.bootstrap(daemon)
        #expect(daemon.port == port)
        let strangerKey = CertificateKey()
        let stranger = (strangerKey, TestDaemon.authority(strangerKey))
        let now = test.credentials("keelos:admin")
        let refused: [(String, ClientCredentials?)] = [
            ("no certificate", nil),
            ("another CA", test.credentials("keelos:admin", by: stranger)),
            ("expired", test.credentials("keelos:admin", from: -3 * 86400, days: 1)),
            ("not yet valid", test.credentials("keelos:admin", from: 3600)),
        ]
        for (who, credentials) in refused {
            let client = try test.client(daemon, credentials)
            let failure = try await failure { () async throws(CallFailure) in
                try await status(client)
            }
            #expect([.unavailable, .unauthenticated].contains(failure.code), "\(who)")
            client.close()
        }
        let admin = try test.client(daemon, now)
        #expect(try await status(admin).bootstrapped)
        admin.close()
        await daemon.stop()
        // The next start of the agent remembers.
        let again = try await test.start()
        #expect(again.fingerprint == daemon.fingerprint)
        let client = try test.client(again, now)
        #expect(try await status(client).bootstrapped)
        client.close()
        await again.stop()
    }

    @Test("a role that is too low is denied, told which one is needed, and stands in the audit log")
    func roles() async throws {
        let daemon = try await test.start()
        try await test.bootstrap(daemon)
        let reader = try test.client(daemon, test.credentials("keelos:reader", name: "rita"))
        _ = try await status(reader)
        let denied = try await failure { () async throws(CallFailure) in
            try await reader.reboot(.init(), timeout: .patience)
        }
        #expect(denied.code == .permissionDenied && denied.detail.needed == .operator)
        let nobody = try test.client(daemon, test.credentials("system:nodes", name: "nina"))
        let unknown = try await failure { () async throws(CallFailure) in
            try await status(nobody)
        }
        #expect(unknown.code == .permissionDenied)
        let admin = try test.client(daemon, test.credentials("system:masters"))
        var chain = AuditChain()
        var text = ""
        var head = Keel_V1_AuditHead()
        try await admin.readAudit(.init(), timeout: .patience) { response in
            for line in response.lines {
                try? chain.add(Array(line))
                text += String(decoding: line, as: UTF8.self) + "\n"
            }
            if response.hasHead { head = response.head }
        }
        #expect(chain.head.count == Int(head.count) && chain.head.hash.hex == head.hash)
        for expected in [
            "CN=rita", "\"method\": \"Reboot\"", "permissionDenied", "CN=nina", "Bootstrap",
        ] {
            #expect(text.contains(expected), "\(expected)")
        }
        #expect(!text.contains("BEGIN CERTIFICATE"))
        for client in [reader, nobody, admin] { client.close() }
        await daemon.stop()
    }

    @Test("the client CA is swapped while an operation runs: old clients out, new ones in")
    func swaps() async throws {
        let daemon = try await test.start()
        try await test.bootstrap(daemon)
        let old = try test.client(daemon, test.credentials("keelos:admin"))
        let key = CertificateKey()
        let next = (key: key, certificate: TestDaemon.authority(key, name: "next"))
        let operation = try await old.upgrade(
            .with {
                $0.source = "/nowhere"
                $0.notBefore = Int64(Timestamp.now.seconds) + 3600
                $0.requestID = "request-1"
            },
            timeout: .patience
        ).operation
        _ = try await old.bootstrap(
            .with { $0.clientCa.ca = String(decoding: next.certificate.pem, as: UTF8.self) },
            timeout: .patience
        )
        let new = try test.client(daemon, test.credentials("keelos:admin", by: next))
        var found: [Keel_V1_Operation] = []
        for _ in 0..<50 where found.isEmpty {
            found = (try? await new.listOperations(.init(), timeout: .patience))?.operations ?? []
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(found.map(\.id) == [operation.id] && found.first?.state == .pending)
        let refused = try await failure { () async throws(CallFailure) in try await status(old) }
        #expect([.unavailable, .unauthenticated].contains(refused.code))
        _ = try await new.cancelOperation(.with { $0.id = operation.id }, timeout: .patience)
        for client in [old, new] { client.close() }
        await daemon.stop()
    }
}
