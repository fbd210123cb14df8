import Slots
import Testing

@testable import osctl

@Suite("Kubeconfigs")
struct KubeconfigTests {
    private func parse(_ user: String, current: String = "here") throws(SetupError) -> Kubeconfig {
        let text = """
            apiVersion: v1
            kind: Config
            current-context: \(current)
            clusters: [{name: c, cluster: {server: "https://a:6443"}}]
            contexts:
            - name: there
              context: {cluster: c, user: bob}
            - name: here
              context: {cluster: c, user: alice}
            users:
            - name: bob
              user: {token: x}
            - name: alice
              user: \(user)
            """
        return try Kubeconfig(parsing: Array(text.utf8), path: "/etc/k/admin.conf")
    }

    @Test("the current user's certificate and key are taken from data")
    func data() throws {
        let text = Base64.encode(Array("PEM".utf8))
        let found = try parse("{client-certificate-data: \(text), client-key-data: \(text)}")
        #expect(found.certificate == .bytes(Array("PEM".utf8)))
        #expect(found.key == .bytes(Array("PEM".utf8)))
    }

    @Test("a relative path starts in the kubeconfig's folder, data goes before a path")
    func paths() throws {
        let text = Base64.encode([1])
        let found = try parse(
            "{client-certificate: a.crt, client-key: /k, client-key-data: \(text)}"
        )
        #expect(found.certificate == .path("/etc/k/a.crt"))
        #expect(found.key == .bytes([1]))
    }

    @Test(
        "a user without a certificate is refused by what it has instead",
        arguments: [
            ("{token: abc}", "a token"), ("{exec: {command: x}}", "a login program"),
            ("{}", "no client certificate"), ("{exec: null}", "no client certificate"),
            ("{client-certificate: a}", "no client certificate"),
        ]
    )
    func without(user: String, has: String) {
        #expect(
            throws: SetupError.noClientCertificate(
                path: "/etc/k/admin.conf",
                user: "alice",
                has: has
            )
        ) { try parse(user) }
    }

    @Test("what leads nowhere is refused with its line")
    func broken() {
        let nowhere = #expect(throws: SetupError.self) { try parse("{}", current: "gone") }
        #expect(nowhere?.sentence.contains("line 3: there is no context \"gone\"") == true)
        let data = #expect(throws: SetupError.self) {
            try parse("{client-certificate-data: '***'}")
        }
        #expect(data?.sentence.contains("client-certificate-data is not base64") == true)
        #expect(throws: SetupError.self) {
            try Kubeconfig(parsing: Array("users: []".utf8), path: "k")
        }
    }
}
