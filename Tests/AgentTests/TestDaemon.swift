import API
import Slots
import Testing
import Trust

@testable import Agent

/// An agent that serves on the loopback, and those who may come to it.
final class TestDaemon: Sendable {
    let node: TestNode
    let link = FakeInit()
    let authority: (key: CertificateKey, certificate: Certificate)

    init() throws {
        node = try TestNode()
        let key = CertificateKey()
        authority = (key, Self.authority(key))
    }

    static func authority(_ key: CertificateKey, name: String = "clients") -> Certificate {
        key.selfSigned(
            commonName: name,
            organisations: [],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: Timestamp.now.seconds - 3600),
            days: 30
        )
    }

    /// An agent on the node's state folder, serving; the caller stops it.
    func start(clock: SteppedClock = SteppedClock()) async throws -> Daemon {
        let settings = AgentSettings(
            disk: node.place.disk,
            trust: node.place.trust,
            state: node.state.path,
            listen: "127.0.0.1:0"
        )
        let daemon = try Daemon(
            settings,
            initLink: link,
            clock: { clock.now },
            logger: TestNode.quiet
        )
        try await daemon.start()
        return daemon
    }

    /// A certificate of the authority, or of `other`.
    func credentials(
        _ organisations: String...,
        name: String = "ada",
        by other: (key: CertificateKey, certificate: Certificate)? = nil,
        from: Int = -3600,
        days: Int = 1
    ) -> ClientCredentials {
        let (signer, certificate) = other ?? authority
        let key = CertificateKey()
        let leaf = signer.issue(
            for: key,
            by: certificate,
            commonName: name,
            organisations: organisations,
            names: [],
            isServer: false,
            from: Timestamp(seconds: Timestamp.now.seconds + from),
            days: days
        )
        return ClientCredentials(certificate: leaf.pem, key: key.pem)
    }

    func client(
        _ daemon: Daemon,
        _ credentials: ClientCredentials? = nil
    ) throws -> NodeClient {
        try NodeClient(
            endpoint: "127.0.0.1:\(try #require(daemon.port))",
            trust: .pinned(sha256: daemon.fingerprint.bytes),
            credentials: credentials
        )
    }

    /// Gives the node its client CA and waits for the mutual door.
    func bootstrap(_ daemon: Daemon) async throws {
        let open = try client(daemon)
        let response = try await open.bootstrap(
            .with {
                $0.clientCa.ca = String(decoding: authority.certificate.pem, as: UTF8.self)
            },
            timeout: .patience
        )
        #expect(
            response.clientCaFingerprints == [authority.certificate.publicKeyHash.hex]
        )
        open.close()
        let admin = credentials("keelos:admin")
        for _ in 0..<100 {
            let client = try client(daemon, admin)
            let isThere = (try? await client.getIdentity(.init(), timeout: .patience)) != nil
            client.close()
            if isThere { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the mutual door did not open")
    }
}

/// The failure that a call ends with; a call that succeeds fails the test.
func failure<Answer>(
    _ body: () async throws(CallFailure) -> Answer
) async throws -> CallFailure {
    do throws(CallFailure) { _ = try await body() } catch { return error }
    throw OperationsTests.Missing()
}

extension Duration {
    /// For a call on a machine that has much else to do.
    static let patience: Duration = .seconds(60)
}
