import Slots
import Testing
import Trust

@testable import Agent

/// Texts of other people's making: addresses, names, tokens, documents.
@Suite("Bootstrap, texts")
struct BootstrapTextTests {
    @Test("an API server is https, a host and perhaps a port")
    func addresses() throws {
        let good = [
            ("https://api", "https://api"), ("https://api.example.org:6443/", nil),
            ("HTTPS://10.0.0.1:443", "https://10.0.0.1:443"), ("https://[2001:db8::1]:6443", nil),
            ("https://[::1]", nil), ("https://API.example.org", nil),
        ]
        for (text, expected) in good {
            let address = try ServerAddress(text)
            var plain = text
            if plain.hasSuffix("/") { plain.removeLast() }
            #expect(address.text == expected ?? plain)
            #expect(address.url("/version") == address.text + "/version")
        }
        let bad = [
            "https://", "https:///", "https://a b", "https://user@host", "https://host/path",
            "https://host?x", "https://host#x", "https://host:", "https://host:0",
            "https://host:65536", "https://host:+1", "https://host:1:2", "https://[::1",
            "https://[]",
            "https://[::1]x", "https://host\n", "https://h\u{F6}st", "https://host\\x",
            "https://" + String(repeating: "a", count: 600),
        ]
        for text in bad {
            #expect(throws: ServerAddress.Fault.malformed, "\(text)") { try ServerAddress(text) }
        }
        for text in ["http://host", "host:6443", "", "httpss://host", "//host"] {
            #expect(throws: ServerAddress.Fault.notHTTPS) { try ServerAddress(text) }
        }
    }

    @Test("of the cluster's own labels a node may carry just those a kubelet takes")
    func labels() {
        func isTaken(_ key: String) -> Bool {
            (try? NodeSettings(name: "", labels: [key: "v"], taints: [])) != nil
        }
        let taken = [
            "zone", "example.org/zone", "node.kubernetes.io/instance-type", "kubernetes.io/os",
            "topology.kubernetes.io/zone", "x.node.kubernetes.io/y", "kubelet.kubernetes.io/a",
            "mykubernetes.io/x",
        ]
        for key in taken { #expect(isTaken(key), "\(key)") }
        let refused = [
            "node-role.kubernetes.io/master", "kubernetes.io/role", "k8s.io/x", "a.k8s.io/x",
            "node-restriction.kubernetes.io/x", "", "/x", "x/", "a/b/c", "-x", "x-", "Ex.org/x",
            "a\u{10}", String(repeating: "a", count: 64),
        ]
        for key in refused { #expect(!isTaken(key), "\(key)") }
    }

    @Test("a taint has a key, perhaps a value, and one of three effects")
    func taints() {
        func isTaken(_ taint: String) -> Bool {
            (try? NodeSettings(name: "", labels: [:], taints: [taint])) != nil
        }
        for taint in ["a:NoSchedule", "a=b:NoExecute", "x.org/a=:PreferNoSchedule"] {
            #expect(isTaken(taint), "\(taint)")
        }
        for taint in [
            "", ":", "a", "a:", ":NoExecute", "a:noexecute", "a=b=c:NoExecute", "a:b:NoExecute",
        ] {
            #expect(!isTaken(taint), "\(taint)")
        }
    }

    @Test("a service account's token shows what it claims, and not itself")
    func webToken() throws {
        let text = BootstrapRequests.webToken("{\"exp\": 1700000000, \"aud\": [\"a\", 7, \"b\"]}")
        let token = try #require(WebToken(text))
        #expect(token.expiry == Timestamp(seconds: 1_700_000_000))
        #expect(token.audience == ["a", "b"])
        #expect(!"\(token) \(String(reflecting: token))".contains(text))
        let odd = try #require(
            WebToken(BootstrapRequests.webToken("{\"exp\": 1e300, \"aud\": {}}"))
        )
        #expect(odd.expiry == nil && odd.audience.isEmpty)
        #expect(WebToken(BootstrapRequests.webToken("[]")) == nil)
        #expect(WebToken(BootstrapRequests.webToken(String(repeating: "[", count: 10_000))) == nil)
        #expect(WebToken(String(repeating: "A", count: 20_000)) == nil)
    }

    private static let ca = BootstrapCluster.authority(CertificateKey())

    private func fault(_ text: String, context: String = "") -> KubeconfigFault? {
        do throws(KubeconfigFault) {
            _ = try KubeconfigReader(Array(text.utf8)).entry(context: context)
            return nil
        } catch {
            return error
        }
    }

    private func document(_ user: [String], _ cluster: [String] = []) -> String {
        BootstrapRequests.document(
            server: "https://api",
            ca: Self.ca,
            user: user,
            cluster: cluster
        )
    }

    @Test("what a node cannot use in a kubeconfig is refused by its name")
    func notAllowed() {
        #expect(fault(document(["token: t"])) == nil)
        for field in [
            "exec: {command: x}", "tokenFile: /t", "client-key: /k", "username: u", "as: root",
        ] {
            let name = String(field.prefix { $0 != ":" })
            #expect(fault(document([field])) == .notAllowed(field: name))
            #expect(fault(document(["token: t", field])) == .notAllowed(field: name))
        }
        for field in ["certificate-authority: /ca", "proxy-url: http://p", "tls-server-name: x"] {
            let name = String(field.prefix { $0 != ":" })
            #expect(fault(document(["token: t"], [field])) == .notAllowed(field: name))
        }
        let skip = "insecure-skip-tls-verify"
        #expect(fault(document(["token: t"], ["\(skip): true"])) == .notAllowed(field: skip))
        #expect(fault(document(["token: t"], ["\(skip): [1]"])) == .notAllowed(field: skip))
        #expect(fault(document(["token: t"], ["\(skip): false"])) == nil)
    }

    @Test("what is missing in a kubeconfig is named")
    func missing() {
        let good = document(["token: t"])
        #expect(fault(good, context: "none") == .noContext("none"))
        #expect(fault("a: b") == .noContext(""))
        #expect(
            fault(good.replacing("name: me", with: "name: you")) == .noEntry("user", name: "me")
        )
        let elsewhere = good.replacing("name: here", with: "name: there")
        #expect(fault(elsewhere) == .noEntry("cluster", name: "here"))
        #expect(fault(good.replacing("server:", with: "serve:")) == .missing(field: "server"))
        let bare = good.replacing("certificate-authority-data:", with: "x:")
        #expect(fault(bare) == .missing(field: "certificate-authority-data"))
        #expect(
            fault(document(["client-certificate-data: aaaa"])) == .missing(field: "client-key-data")
        )
        let odd = fault(document(["client-certificate-data: a", "client-key-data: aaaa"]))
        #expect(odd == .notBase64(field: "client-certificate-data"))
        let none = fault(document(["x: y"]))
        #expect(none == .missing(field: "token and no client-certificate-data"))
    }

    @Test(
        "what is not one YAML document of some depth is refused as such",
        arguments: [
            "", "just text", "- a\n- b\n", "a: [", "a: b\n---\nc: d\n", "a: b\na: c\n", "\u{0}",
            "a: &x [*x]\nb: *y\n", "%YAML 9.9\n---\na: b\n",
            String(repeating: "{a: ", count: 900) + String(repeating: "}", count: 900),
            String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
            String(repeating: "[", count: 200_000), String(repeating: "{a: ", count: 50_000),
            String(repeating: "- ", count: 100_000), String(repeating: "? ", count: 100_000),
            (0..<3000).map { String(repeating: " ", count: $0 % 300) + "a:\n" }.joined(),
        ]
    )
    func malformed(text: String) {
        switch fault(text) {
        case .document, .notAMap: break
        case let fault: Issue.record("\(String(describing: fault))")
        }
    }

    @Test("a kubeconfig of more than 256 KiB is not looked at")
    func tooLarge() {
        let long = document(["token: t"]) + String(repeating: "#", count: 256 * 1024)
        guard case .document(let fault)? = fault(long), case .tooLarge = fault.reason else {
            Issue.record("looked at")
            return
        }
    }

    @Test("aliases that would fill the memory are refused")
    func aliases() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            let items = repeatElement("*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        guard case .document(let fault)? = fault(text) else {
            Issue.record("read")
            return
        }
        #expect(fault.reason == .alias)
    }

    @Test("a kubeconfig that was damaged at random is read or refused", arguments: 1...10)
    func fuzz(seed: UInt64) {
        let good = Array(document(["token: t"]).utf8)
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<300 {
            var bytes = good
            for _ in 0...next(8) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
            _ = try? KubeconfigReader(bytes).entry(context: "")
            _ = try? KubeconfigReader(bytes).onlyAuthorities()
            _ = JSONObject(parsing: bytes)
        }
    }

    @Test("a client certificate whose key is another's, or whose time is over, is refused")
    func clientCertificates() {
        let key = CertificateKey()
        func made(_ days: Int) -> Certificate {
            key.selfSigned(
                commonName: "node",
                organisations: [],
                names: [],
                isAuthority: false,
                from: Timestamp(seconds: BootstrapCluster.now.seconds + days * 86400),
                days: 2
            )
        }
        func error(_ certificate: [UInt8], _ key: [UInt8]) -> BootstrapError? {
            let text = document([
                "client-certificate-data: \(Base64.encode(certificate))",
                "client-key-data: \(Base64.encode(key))",
            ])
            do throws(BootstrapError) {
                let request = BootstrapRequests.kubeconfig(text)
                _ = try JoinWay(request, now: BootstrapCluster.now)
                return nil
            } catch {
                return error
            }
        }
        #expect(error(made(-1).pem, key.pem) == nil)
        #expect(error(made(-1).pem, CertificateKey().pem) == .kubeconfig(.otherKey))
        #expect(error(Array("x".utf8), key.pem) == .kubeconfig(.certificate(.notPEM)))
        #expect(error(made(-1).pem, Array("x".utf8)) == .kubeconfig(.key(.key(.notPEM))))
        guard case .expired(.client("CN=node"), _, _) = error(made(-5).pem, key.pem),
            case .notYetValid(.client("CN=node"), _, _) = error(made(1).pem, key.pem)
        else {
            Issue.record("taken")
            return
        }
    }
}
