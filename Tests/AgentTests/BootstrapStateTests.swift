import API
import Slots
import Testing
import Trust

@testable import Agent

/// What is on the disk, whatever happens.
@Suite("Bootstrap, state")
struct BootstrapStateTests {
    private let state = BootstrapMemory()
    private let first = BootstrapCluster.authority(CertificateKey())
    private let second = BootstrapCluster.authority(CertificateKey())

    private func request(_ authority: Certificate) -> Keel_V1_BootstrapRequest {
        BootstrapRequests.clientCA(String(decoding: authority.pem, as: UTF8.self))
    }

    @Test("a power cut at any change leaves all of the old or all of the new")
    func cuts() async throws {
        for isFirst in [true, false] {
            for afterwards in [false, true] {
                for count in 0..<20 {
                    let state = BootstrapMemory()
                    let node = BootstrapRequests.node(state)
                    let old = isFirst ? nil : first.pem
                    if !isFirst { _ = try await node.apply(request(first), isAuthenticated: true) }
                    state.fail(after: count, afterwards: afterwards)
                    let isDone = await node.failure(request(second)) == nil
                    // The machine starts again.
                    state.fail(after: .max, afterwards: false)
                    let after = BootstrapRequests.node(state)
                    let found = try after.clientCA()
                    #expect(found == old || found == second.pem, "cut at \(count)")
                    if isDone { #expect(found == second.pem) }
                    #expect(after.status().bootstrapped == (found != nil))
                    // What was left behind goes, and the same request comes to its end.
                    try after.tidy()
                    #expect(try after.clientCA() == found)
                    _ = try await after.apply(request(second), isAuthenticated: true)
                    #expect(try after.clientCA() == second.pem)
                    let files = state.files.keys.filter { $0.hasSuffix("clients.crt") }
                    #expect(files.count == 1, "cut at \(count)")
                }
            }
        }
    }

    @Test("files that are not as they were written let nobody in, and are not a new node")
    func damaged() async throws {
        let node = BootstrapRequests.node(state)
        _ = try await node.apply(request(first), isAuthenticated: true)
        let good = state.files
        let other = second.pem
        let damages: [(String, [UInt8]?)] = [
            ("kubernetes/a/clients.crt", other), ("kubernetes/a/clients.crt", nil),
            ("kubernetes/a/node.json", nil), ("kubernetes/a/extra", [1]),
            ("kubernetes/current", []), ("kubernetes/current", Array("b".utf8)),
            ("kubernetes/current", Array("c 00\n".utf8)),
        ]
        for (name, bytes) in damages {
            state.put(name, bytes)
            #expect(throws: CallFailure.self) { try node.clientCA() }
            #expect(node.status().bootstrapped)
            #expect(node.status().waitingFor.contains("not as the last bootstrap left it"))
            let failure = await node.failure(request(second))
            #expect(failure?.detail.reason == .internal)
            #expect(failure?.detail.truth == "Nobody is let in.")
            for (name, _) in damages { state.put(name, good[name]) }
            #expect(try node.clientCA() == first.pem)
        }
    }

    @Test("with a join secret nobody else may bootstrap, and it is good once")
    func joinSecret() async throws {
        state.put("join-secret", Array("open sesame\n".utf8))
        let node = BootstrapRequests.node(state)
        #expect(node.status().needsJoinSecret && !node.status().bootstrapped)
        for guess in ["", "open", "open sesame\n", "open sesamf", "Open sesame"] {
            var wrong = request(first)
            wrong.joinSecret = guess
            let failure = await node.failure(wrong)
            #expect(failure?.detail.reason == .bootstrapRefused)
            #expect(failure?.detail.sentence.contains("join secret") == true)
            #expect(state.changes == 0)
        }
        var right = request(first)
        right.joinSecret = "open sesame"
        #expect(await node.failure(right) == nil)
        #expect(state.files["join-secret"] == nil)
        #expect(!node.status().needsJoinSecret)
        let everything = state.files.values.map { String(decoding: $0, as: UTF8.self) }
        #expect(!everything.contains { $0.contains("sesame") })
        // Repeated without it, the request is still the same.
        #expect(try await node.apply(request(first), isAuthenticated: true).0.unchanged)
    }

    @Test("without a certificate only the first bootstrap is granted, however it came in")
    func onlyOnce() async throws {
        let node = BootstrapRequests.node(state)
        _ = try await node.apply(request(first), isAuthenticated: false)
        let files = state.files
        let failure = await node.failure(request(second), isAuthenticated: false)
        #expect(failure?.detail.reason == .notAuthenticated)
        #expect(failure?.detail.truth == "The node obeys the same client CA as before.")
        #expect(state.files == files)
        // The same again is harmless: the answer to the first one may have been lost.
        #expect(try await node.apply(request(first), isAuthenticated: false).0.unchanged)
        #expect(await node.failure(request(second), isAuthenticated: true) == nil)
    }

    @Test("an empty join secret is one that nobody knows")
    func emptySecret() async throws {
        state.put("join-secret", Array("\n".utf8))
        let failure = await BootstrapRequests.node(state).failure(request(first))
        #expect(failure?.detail.reason == .bootstrapRefused)
    }

    @Test("a join secret that a power cut left behind is removed at the next start")
    func leftSecret() async throws {
        let node = BootstrapRequests.node(state)
        _ = try await node.apply(request(first), isAuthenticated: true)
        state.put("join-secret", Array("late".utf8))
        try node.tidy()
        #expect(state.files["join-secret"] == nil)
    }

    @Test("a node that was never bootstrapped keeps at its start its join secret and nothing else")
    func kept() throws {
        state.put("join-secret", Array("early".utf8))
        state.put("kubernetes/a/bootstrap-kubeconfig", Array("of a cut attempt".utf8))
        try BootstrapRequests.node(state).tidy()
        #expect(state.files.keys.sorted() == ["join-secret"])
    }

    @Test("of two at once one is told that the other is under way")
    func together() async throws {
        let cluster = try BootstrapCluster()
        try cluster.answer("/version", "{\"held\": 1, \"status\": 403}")
        let node = BootstrapRequests.node(state, patience: .seconds(120))
        let slow = BootstrapRequests.token(cluster)
        let first = Task { await node.failure(slow) }
        while cluster.requests.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        let failure = await node.failure(request(second))
        #expect(failure?.detail.reason == .busy)
        #expect(state.changes == 0)
        try cluster.release()
        #expect(await first.value == nil)
        #expect(try node.clientCA() == cluster.authority.pem)
    }
}
