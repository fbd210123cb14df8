import Testing

@testable import API

/// What each request may hold: one row for each limit, at its edge and beyond.
@Suite("Limits")
struct LimitTests {
    /// The words of the refusal, or nothing.
    private func refusal(_ request: some Checked) -> String? {
        do throws(CallFailure) {
            try request.check()
            return nil
        } catch {
            #expect(error.detail.reason == .badRequest)
            #expect(error.code == .invalidArgument)
            return error.detail.sentence
        }
    }

    private func expect<Request: Checked>(
        _ good: Request,
        _ field: String,
        _ location: SourceLocation = #_sourceLocation,
        refuses changes: [(inout Request) -> Void]
    ) {
        #expect(refusal(good) == nil, sourceLocation: location)
        for (index, change) in changes.enumerated() {
            var bad = good
            change(&bad)
            let words = refusal(bad)
            #expect(
                words?.hasPrefix(field) == true,
                "row \(index): \(words ?? "taken")",
                sourceLocation: location
            )
        }
    }

    private let long = String(repeating: "x", count: 4097)
    private let digest = String(repeating: "0a", count: 32)

    private var upgrade: Keel_V1_UpgradeRequest {
        var request = Keel_V1_UpgradeRequest()
        request.source = "https://releases.example/keelos.keel"
        request.digest = digest
        request.requestID = "id-1.2.3"
        request.reboot = .now
        return request
    }

    @Test("an upgrade's source is a URL or a path")
    func source() {
        for source in ["/a", "http://h", "https://h/x?y"] {
            var request = upgrade
            request.source = source
            #expect(refusal(request) == nil)
        }
        expect(
            upgrade,
            "source",
            refuses: [
                { $0.source = "" }, { $0.source = "ftp://h/x" }, { $0.source = "https://" },
                { $0.source = "file:///x" }, { $0.source = "/" }, { $0.source = "/a b" },
                { $0.source = "/" + long }, { $0.source = "/a\nb" }, { $0.source = "/a\0b" },
            ]
        )
    }

    @Test("an upgrade's other fields have their forms")
    func upgradeFields() {
        expect(
            upgrade,
            "digest",
            refuses: [{ $0.digest = "0a" }, { $0.digest = digest.uppercased() }]
        )
        expect(
            upgrade,
            "request_id",
            refuses: [
                { $0.requestID = "1234567" }, { $0.requestID = String(long.prefix(65)) },
                { $0.requestID = "1234567/" }, { $0.requestID = "1234567\u{e4}" },
            ]
        )
        expect(upgrade, "reboot", refuses: [{ $0.reboot = .UNRECOGNIZED(9) }])
        expect(upgrade, "not_before", refuses: [{ $0.notBefore = -1 }])
        expect(upgrade, "drain.timeout", refuses: [{ $0.drain.timeout = 86401 }])
        expect(upgrade, "bearer_token", refuses: [{ $0.bearerToken = long }])
        expect(upgrade, "source_ca", refuses: [{ $0.sourceCa = "x" }])
    }

    @Test("ids of operations are 32 hexadecimal digits")
    func ids() {
        var watch = Keel_V1_WatchOperationRequest()
        #expect(refusal(watch) == nil)
        watch.id = String(digest.prefix(32))
        expect(watch, "id", refuses: [{ $0.id = "x" }, { $0.id += "0" }])
        var cancel = Keel_V1_CancelOperationRequest()
        cancel.id = watch.id
        expect(cancel, "id", refuses: [{ $0.id = "" }])
    }

    @Test("the small requests have their limits")
    func small() {
        expect(
            Keel_V1_ActivateRequest(),
            "re",
            refuses: [{ $0.reboot = .UNRECOGNIZED(-1) }, { $0.requestID = "short" }]
        )
        expect(
            Keel_V1_RollbackRequest(),
            "re",
            refuses: [{ $0.reboot = .UNRECOGNIZED(2) }, { $0.requestID = "short" }]
        )
        expect(
            Keel_V1_UpgradeLoaderRequest(),
            "",
            refuses: [{ $0.path = "x" }, { $0.path = "/a\tb" }, { $0.requestID = "short" }]
        )
        expect(Keel_V1_RebootRequest(), "reason", refuses: [{ $0.reason = long }])
        expect(Keel_V1_ShutdownRequest(), "reason", refuses: [{ $0.reason = "a\u{1b}[2J" }])
        expect(Keel_V1_GetHistoryRequest(), "limit", refuses: [{ $0.limit = 1001 }])
        expect(
            Keel_V1_ExplainRequest(),
            "",
            refuses: [{ $0.boots = 17 }, { $0.lines = 1001 }]
        )
        var logs = Keel_V1_StreamLogsRequest()
        logs.service = "kubelet"
        expect(
            logs,
            "",
            refuses: [
                { $0.service = "" }, { $0.service = "../etc" }, { $0.since = -1 },
                { $0.level = .UNRECOGNIZED(7) }, { $0.tail = 1_000_001 },
            ]
        )
        var restart = Keel_V1_RestartServiceRequest()
        restart.name = "kubelet"
        expect(restart, "name", refuses: [{ $0.name = "" }, { $0.name = "a/b" }])
    }

    private static let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    private var bootstrap: Keel_V1_BootstrapRequest {
        var request = Keel_V1_BootstrapRequest()
        request.nodeName = "node-1.example"
        request.labels = ["example.com/rack": "r1", "tier": ""]
        request.taints = ["a=b:NoSchedule"]
        request.tokenWithCa.apiServer = "https://192.0.2.1:6443"
        request.tokenWithCa.token = "abcdef.0123456789abcdef"
        request.tokenWithCa.ca = Self.pem
        return request
    }

    @Test("a bootstrap's fields have their forms")
    func bootstraps() {
        expect(
            bootstrap,
            "",
            refuses: [
                { $0.way = nil }, { $0.nodeName = "Node" }, { $0.nodeName = "-a" },
                { $0.labels = ["": "x"] }, { $0.labels = ["a": "-"] }, { $0.taints = ["a"] },
                { $0.joinSecret = long }, { $0.tokenWithCa.token = "" },
                { $0.tokenWithCa.ca = "" }, { $0.tokenWithCa.ca = "x" },
                { $0.tokenWithCa.apiServer = "192.0.2.1" }, { $0.clientCa.ca = "" },
                { $0.kubeconfig.document = .init() },
                { $0.kubeconfig.document = .init(repeating: 32, count: 262_145) },
                { $0.labels = Dictionary(uniqueKeysWithValues: (0..<65).map { ("a\($0)", "") }) },
            ]
        )
    }

    @Test("an API server without TLS is refused with the address it should have")
    func http() {
        var request = bootstrap
        request.tokenWithCa.apiServer = "http://192.0.2.1:6443"
        let words = "api_server must be reached over https: https://192.0.2.1:6443"
        #expect(refusal(request) == words)
    }

    @Test("CA hashes are sha256 and 64 digits, at least one")
    func hashes() {
        var request = bootstrap
        request.tokenWithHash.apiServer = "https://192.0.2.1"
        request.tokenWithHash.token = "abcdef.0123456789abcdef"
        request.tokenWithHash.caHashes = ["sha256:" + digest]
        expect(
            request,
            "ca_hashes",
            refuses: [
                { $0.tokenWithHash.caHashes = [] }, { $0.tokenWithHash.caHashes = [digest] },
                { $0.tokenWithHash.caHashes = ["sha256:" + digest.dropLast() + "g"] },
                { $0.tokenWithHash.caHashes += Array(repeating: "sha256:" + digest, count: 16) },
            ]
        )
    }
}
