import Slots
import Testing
import Trust

@testable import Agent

/// Documents as other people's programs write them.
@Suite("Kubeconfigs of others")
struct KubeconfigTests {
    private static let ca = Array("CA".utf8)
    private static let chain = Array("CHAIN".utf8)
    private static let key = Array("KEY".utf8)

    private func entry(
        _ text: String,
        context: String = ""
    ) throws(KubeconfigFault) -> KubeconfigEntry {
        try KubeconfigReader(Array(text.utf8)).entry(context: context)
    }

    private let certified = KubeconfigEntry(
        server: "https://10.0.0.2:6443",
        authorities: ca,
        credentials: .certificate(chain: chain, key: key)
    )

    @Test("kubeadm's admin.conf is read")
    func kubeadm() throws {
        let text = """
            apiVersion: v1
            clusters:
            - cluster:
                certificate-authority-data: \(Base64.encode(Self.ca))
                server: https://10.0.0.2:6443
              name: kubernetes
            contexts:
            - context:
                cluster: kubernetes
                user: kubernetes-admin
              name: kubernetes-admin@kubernetes
            current-context: kubernetes-admin@kubernetes
            kind: Config
            preferences: {}
            users:
            - name: kubernetes-admin
              user:
                client-certificate-data: \(Base64.encode(Self.chain))
                client-key-data: \(Base64.encode(Self.key))

            """
        #expect(try entry(text) == certified)
        #expect(try entry(text.replacing("\n", with: "\r\n")) == certified)
        #expect(try entry("\u{FEFF}" + text) == certified)
        #expect(try entry(text, context: "kubernetes-admin@kubernetes") == certified)
    }

    @Test("the cluster-info that kubeadm publishes is read for its one CA")
    func clusterInfo() throws {
        let text = """
            apiVersion: v1
            clusters:
            - cluster:
                certificate-authority-data: \(Base64.encode(Self.ca))
                server: https://10.0.0.2:6443
              name: ""
            contexts: null
            current-context: ""
            kind: Config
            preferences: {}
            users: null

            """
        let reader = try KubeconfigReader(Array(text.utf8))
        #expect(try reader.onlyAuthorities() == Self.ca)
        #expect(throws: KubeconfigFault.noContext("")) { try reader.entry(context: "") }
    }

    @Test("what kubectl prints as JSON is read")
    func json() throws {
        let text = """
            {
                "kind": "Config",
                "apiVersion": "v1",
                "preferences": {},
                "clusters": [
                    {
                        "name": "kubernetes",
                        "cluster": {
                            "server": "https://10.0.0.2:6443",
                            "certificate-authority-data": "\(Base64.encode(Self.ca))"
                        }
                    }
                ],
                "users": [
                    {
                        "name": "admin",
                        "user": {
                            "client-certificate-data": "\(Base64.encode(Self.chain))",
                            "client-key-data": "\(Base64.encode(Self.key))"
                        }
                    }
                ],
                "contexts": [
                    {"name": "here", "context": {"cluster": "kubernetes", "user": "admin"}}
                ],
                "current-context": "here"
            }
            """
        #expect(try entry(text) == certified)
        #expect(try entry(text.replacing("    ", with: "\t")) == certified)
    }

    @Test("comments, quotes, blocks, nulls and empty lists of a person's making are read")
    func byHand() throws {
        let text = """
            # the lab's cluster, see the wiki
            ---
            kind: "Config"
            extensions: []
            current-context: 'here'   # not prod!
            contexts:
              # only one
              - name: here
                context: {cluster: lab, user: "me", namespace: null, extensions: []}
            clusters:
              - name: lab
                cluster:
                  server: "https://10.0.0.2:6443"
                  certificate-authority: null
                  proxy-url: ""
                  tls-server-name:
                  insecure-skip-tls-verify: false
                  certificate-authority-data: >-
                    \(Base64.encode(Self.ca).prefix(2))
                    \(Base64.encode(Self.ca).dropFirst(2))
                  extensions:
                    - name: cluster_info
                      extension: {last-update: "Thu, 19 Nov 2026 09:00:00 UTC", version: v1.37.0}
            users:
              - name: other
                user: {exec: {command: login, args: [], env: null}}
              - name: me
                user:
                  exec: null
                  auth-provider: ~
                  token: ""
                  client-certificate-data: |
                    \(Base64.encode(Self.chain))
                  client-key-data: '\(Base64.encode(Self.key))'
            ...

            """
        #expect(try entry(text) == certified)
    }

    @Test("a login program, as kubectl and the clouds write it, is refused by its name")
    func program() {
        let text = """
            apiVersion: v1
            clusters:
            - cluster:
                certificate-authority-data: \(Base64.encode(Self.ca))
                server: https://10.0.0.2:6443
              name: cloud
            contexts:
            - context:
                cluster: cloud
                user: cloud
              name: cloud
            current-context: cloud
            users:
            - name: cloud
              user:
                exec:
                  apiVersion: client.authentication.k8s.io/v1
                  args:
                  - eks
                  - get-token
                  command: aws
                  env: null
                  interactiveMode: IfAvailable
                  provideClusterInfo: false
            """
        #expect(throws: KubeconfigFault.notAllowed(field: "exec")) { try entry(text) }
    }

    @Test("what is of another kind than it is for Kubernetes is refused by its name")
    func kinds() {
        #expect(throws: KubeconfigFault.wrongKind(field: "current-context")) {
            try entry("current-context: [a]")
        }
        for (text, field) in [
            ("clusters: {}", "clusters"), ("clusters: x", "clusters"),
            ("clusters: [{cluster: [1]}]", "cluster"),
            (
                "clusters: [{cluster: {certificate-authority-data: {}}}]",
                "certificate-authority-data"
            ),
        ] {
            #expect(throws: KubeconfigFault.wrongKind(field: field), "\(text)") {
                try KubeconfigReader(Array(text.utf8)).onlyAuthorities()
            }
        }
        #expect(throws: KubeconfigFault.notAMap) { try entry("- a") }
    }
}
