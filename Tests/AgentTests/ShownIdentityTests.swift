import Slots
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("What a node shows of itself")
struct ShownIdentityTests {
    private let folder: TemporaryFolder
    private let own: Identity
    private let authorityKey = CertificateKey()
    private let authority: Certificate
    private let shown: ShownIdentity

    init() throws {
        folder = try TemporaryFolder()
        own = try Identity(state: folder.state, names: ["node-7"], now: .now)
        authority = TestDaemon.authority(authorityKey)
        shown = ShownIdentity(own, path: folder("kubelet.pem"))
    }

    @Test("its own certificate, then its cluster's, then the next of these, then its own again")
    func changes() throws {
        #expect(shown.look(clientCA: authority.pem) == nil)
        #expect(shown.certificate == own.certificate)
        #expect(shown.server(clientCA: nil).certificate == own.certificate.pem)
        for name in ["first", "second"] {
            let (leaf, key) = try give(name)
            #expect(shown.look(clientCA: authority.pem) == .cluster("CN=\(name)"))
            #expect(shown.look(clientCA: authority.pem) == nil)
            #expect(shown.certificate == leaf)
            let server = shown.server(clientCA: authority.pem)
            #expect(server.certificate == leaf.pem && server.key == key.pem)
            #expect(server.clientCA == authority.pem)
            #expect(shown.chain == leaf.pem)
        }
        try File.remove(folder("kubelet.pem"))
        let gone = ShownIdentity.Change.own("the kubelet has no certificate any more")
        #expect(shown.look(clientCA: authority.pem) == gone)
        #expect(shown.certificate == own.certificate)
        #expect(shown.server(clientCA: nil).key == own.server(clientCA: nil).key)
    }

    @Test("a node that has joined nothing shows its own, whatever lies there")
    func alone() throws {
        _ = try give("node-7")
        #expect(shown.look(clientCA: nil) == nil)
        #expect(shown.certificate == own.certificate)
    }

    /// What becomes of the kubelet's file, and what is said of it.
    private static let faults: [(String, String)] = [
        ("another cluster", "unable to get local issuer certificate"),
        ("over", "certificate has expired"),
        ("a client's", "unsuitable certificate purpose"),
        ("no key", "holds no certificate and key"),
        ("another key", "holds no certificate and key"),
        ("rubbish", "holds no certificate and key"),
        ("a folder", "cannot be read"),
    ]

    @Test("what the cluster does not vouch for is not shown, and why is told", arguments: faults)
    func notShown(fault: String, words: String) throws {
        _ = try give("node-7")
        #expect(shown.look(clientCA: authority.pem) == .cluster("CN=node-7"))
        var clientCA = authority.pem
        let path = folder("kubelet.pem")
        switch fault {
        case "another cluster":
            clientCA = TestDaemon.authority(CertificateKey(), name: "others").pem
        case "over": _ = try give("node-7", from: -10)
        case "a client's": _ = try give("node-7", isServer: false)
        case "no key": try put(try Certificate.chain(pem: clientCA)[0].pem)
        case "another key":
            let (leaf, _) = try give("node-7")
            try put(leaf.pem + CertificateKey().pem)
        case "a folder":
            try File.remove(path)
            try Directory.create(path)
        default: try put(Array(fault.utf8))
        }
        guard case .own(let why) = shown.look(clientCA: clientCA) else {
            Issue.record("\(fault): the cluster's certificate is shown")
            return
        }
        #expect(why.contains(words), "\(why)")
        #expect(shown.certificate == own.certificate)
    }

    /// A certificate and key where the kubelet keeps its own. `from`: days from now.
    private func give(
        _ name: String,
        isServer: Bool = true,
        from: Int = 0
    ) throws -> (Certificate, CertificateKey) {
        let key = CertificateKey()
        let leaf = authorityKey.issue(
            for: key,
            by: authority,
            commonName: name,
            organisations: [],
            names: [name],
            isServer: isServer,
            from: Timestamp(seconds: Timestamp.now.seconds - 60 + from * 86400),
            days: 1
        )
        try put(leaf.pem + key.pem)
        return (leaf, key)
    }

    private func put(_ bytes: [UInt8]) throws {
        try File.writeAtomically(bytes.span, to: folder("kubelet.pem"), permissions: 0o600)
    }
}
