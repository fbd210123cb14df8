import SlotsFetch

/// How the node's kubelet, and with it the agent, presents itself to the cluster.
struct ClusterCredentials: Sendable {
    let server: ServerAddress
    /// Certificates that may sign the API server's, in PEM.
    let authorities: [UInt8]
    let client: ClientCertificate
    /// Of the Node object.
    let nodeName: String
}
