// The limits of a node's way into a cluster.
extension Keel_V1_BootstrapRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.text(joinSecret, "join_secret")
        guard nodeName.isEmpty || NetworkText.isDomain(nodeName) else {
            throw Limits.refuse("node_name", "must be a DNS name of at most 253 characters")
        }
        try Limits.labels(labels, "labels")
        try Limits.taints(taints, "taints")
        switch way {
        case .tokenWithCa(let way): try way.check()
        case .tokenWithHash(let way): try way.check()
        case .kubeconfig(let way): try way.check()
        case .clientCa(let way): try way.check()
        case nil:
            let ways = "token_with_ca, token_with_hash, kubeconfig or client_ca"
            throw CallFailure(.badRequest, "one way to bootstrap must be given: \(ways)")
        }
    }
}

extension Keel_V1_TokenWithCA {
    func check() throws(CallFailure) {
        try Limits.cluster(apiServer)
        try Limits.token(token)
        guard !ca.isEmpty else { throw Limits.refuse("ca", "is missing") }
        try Limits.certificates(ca, "ca")
    }
}

extension Keel_V1_TokenWithHash {
    func check() throws(CallFailure) {
        try Limits.cluster(apiServer)
        try Limits.token(token)
        guard !caHashes.isEmpty else { throw Limits.refuse("ca_hashes", "is missing") }
        try Limits.count(caHashes.count, "ca_hashes", atMost: 16)
        for hash in caHashes {
            guard hash.hasPrefix("sha256:"), hash.utf8.count == 71 else {
                throw Limits.refuse("ca_hashes", "must be sha256: and 64 hexadecimal digits each")
            }
            try Limits.digest(String(hash.dropFirst(7)), "ca_hashes")
        }
    }
}

extension Keel_V1_Kubeconfig {
    func check() throws(CallFailure) {
        guard !document.isEmpty else { throw Limits.refuse("document", "is missing") }
        guard document.count <= 256 << 10 else {
            let found = document.count
            throw Limits.refuse("document", "has \(found) bytes, at most 262144 are taken")
        }
        try Limits.text(context, "context")
    }
}

extension Keel_V1_ClientCA {
    func check() throws(CallFailure) {
        guard !ca.isEmpty else { throw Limits.refuse("ca", "is missing") }
        try Limits.certificates(ca, "ca")
    }
}

extension Limits {
    /// The address of a cluster's API server.
    static func cluster(_ value: String) throws(CallFailure) {
        guard !value.hasPrefix("http://") else {
            let better = ErrorTrailer.cut("https://\(value.dropFirst(7))", to: 200)
            throw refuse("api_server", "must be reached over https: \(better)")
        }
        try url(value, "api_server", ["https://"])
    }

    static func token(_ value: String) throws(CallFailure) {
        guard !value.isEmpty else { throw refuse("token", "is missing") }
        try text(value, "token")
    }

    static func labels(_ labels: [String: String], _ field: String) throws(CallFailure) {
        try count(labels.count, field, atMost: 64)
        for (key, value) in labels {
            guard NetworkText.isLabelKey(key), NetworkText.isLabelValue(value) else {
                throw refuse(field, "has one that Kubernetes does not take")
            }
        }
    }

    static func taints(_ taints: [String], _ field: String) throws(CallFailure) {
        try count(taints.count, field, atMost: 64)
        guard taints.allSatisfy(NetworkText.isTaint) else {
            throw refuse(field, "must be KEY=VALUE:EFFECT or KEY:EFFECT each")
        }
    }
}
