import Slots

/// Writes the kubeconfig of a node: one cluster, one user, one context.
enum KubeconfigText {
    /// YAML. Every value is an address, base64 or a token, all of which were checked: none of
    /// them can end its line or its quotes.
    static func encode(_ cluster: Membership.Cluster) -> [UInt8] {
        let user: String
        switch cluster.credentials {
        case .token(let token):
            user = "    token: \"\(token.text)\""
        case .certificate(let chain, let key):
            user = """
                    client-certificate-data: \(Base64.encode(chain))
                    client-key-data: \(Base64.encode(key))
                """
        }
        let text = """
            apiVersion: v1
            kind: Config
            clusters:
            - name: cluster
              cluster:
                server: "\(cluster.server.text)"
                certificate-authority-data: \(Base64.encode(cluster.authorities))
            users:
            - name: node
              user:
            \(user)
            contexts:
            - name: node
              context:
                cluster: cluster
                user: node
            current-context: node

            """
        return Array(text.utf8)
    }
}
