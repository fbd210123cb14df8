import API
import Slots
import Support
import Syscalls
import Testing

@testable import Agent

/// Programs that say a version stand in for kubelet and containerd, which Tests/Node starts.
@Suite("What a node's kubelet is started with")
struct KubeletLaunchTests {
    private let folder: TemporaryFolder
    private let state: StateFolder

    init() throws {
        folder = try TemporaryFolder()
        state = StateFolder(path: folder("state"))
        try Directory.create(folder("kubelet"))
        try Directory.create(folder("kubelet/pki"))
        try say("Kubernetes v1.20.2", as: "kubelet-program")
        try say("containerd containerd.io 1.7.24 88bf19b", as: "containerd-program")
    }

    @Test("a token is asked with, and the bootstrap's words are the kubelet's")
    func token() throws {
        try join(server: "https://10.0.0.1:6443", secret: "bootstrap-kubeconfig")
        let plan = try launch.prepare()
        let set = folder("state/kubernetes/a")
        #expect(plan.arguments.contains("--bootstrap-kubeconfig=\(set)/bootstrap-kubeconfig"))
        #expect(plan.arguments.contains("--hostname-override=node-7"))
        #expect(plan.arguments.contains("--node-labels=rack=4"))
        let written = try File.read(folder("kubelet.yaml"), limit: 1 << 16)
        #expect(String(decoding: written, as: UTF8.self) == plan.configuration)
        #expect(try Directory.names(at: folder("manifests")).isEmpty)
    }

    @Test("a certificate is used as it was given")
    func certificate() throws {
        try join(server: "https://10.0.0.1:6443", secret: "kubeconfig")
        let plan = try launch.prepare()
        #expect(plan.arguments.contains("--kubeconfig=\(folder("state"))/kubernetes/a/kubeconfig"))
        #expect(!plan.arguments.contains { $0.hasPrefix("--bootstrap-kubeconfig") })
    }

    @Test("the kept configuration adds to the bootstrap's labels and taints, and wins over them")
    func configured() throws {
        try join(server: "https://10.0.0.1:6443", secret: "kubeconfig")
        var kept = KeptConfig.initial
        kept.config.kubelet.labels = ["rack": "5", "shop": ""]
        kept.config.kubelet.taints = ["slow:NoExecute"]
        kept.config.kubelet.maxPods = 40
        kept.config.kubelet.clusterDns = "10.1.0.10"
        kept.config.kubelet.clusterDomain = "shop.example"
        kept.config.kubelet.systemReserved = ["cpu": "100m"]
        kept.generation = 1
        try ConfigStore(state: state).keep(kept)
        let plan = try launch.prepare()
        #expect(plan.arguments.contains("--node-labels=rack=5,shop="))
        #expect(plan.arguments.contains("--register-with-taints=slow:NoExecute"))
        for line in [
            "maxPods: 40", "- \"10.1.0.10\"", "clusterDomain: shop.example", "  cpu: \"100m\"",
        ] {
            #expect(plan.configuration.split(separator: "\n").contains { $0 == line }, "\(line)")
        }
    }

    @Test("what the kubelet made for itself in another cluster is gone, and of this one is kept")
    func otherCluster() throws {
        try join(server: "https://10.0.0.1:6443", secret: "bootstrap-kubeconfig")
        let own = ["kubelet/kubeconfig", "kubelet/pki/kubelet-client-current.pem"]
        for path in own { try write("another's", folder(path)) }
        _ = try launch.prepare()
        for path in own { #expect(!isThere(path), "\(path)") }
        for path in own { try write("ours", folder(path)) }
        _ = try launch.prepare()
        for path in own { #expect(isThere(path), "\(path)") }
    }

    @Test("a node without a cluster has no kubelet", arguments: [true, false])
    func notJoined(isTaken: Bool) throws {
        if isTaken { try join(server: "", secret: nil) }
        #expect(throws: KubeletFault.notJoined) { try launch.prepare() }
    }

    @Test("a program that says no version, or ends badly, starts nothing and is quoted")
    func noVersion() throws {
        try join(server: "https://10.0.0.1:6443", secret: "kubeconfig")
        for (text, status) in [("no version", 0), ("Kubernetes v1.20.2", 3)] {
            try say(text, as: "kubelet-program", status: status)
            #expect {
                try launch.prepare()
            } throws: {
                let said = ($0 as? KubeletFault)?.sentence ?? ""
                return said.contains("kubelet-program") && said.contains(text)
            }
        }
        try File.remove(folder("kubelet-program"))
        #expect(throws: KubeletFault.self) { try launch.prepare() }
        #expect(!isThere("kubelet.yaml"))
    }

    @Test("a pair that does not go together starts nothing")
    func misfit() throws {
        try join(server: "https://10.0.0.1:6443", secret: "kubeconfig")
        try say("containerd github.com/containerd/containerd/v2 v2.1.9", as: "containerd-program")
        let pair = KubeletPlan.Misfit.pair(
            kubelet: RuntimeVersion(1, 20),
            containerd: RuntimeVersion(2, 1)
        )
        #expect(throws: KubeletFault.misfit(pair)) { try launch.prepare() }
        #expect(!isThere("kubelet.yaml"))
    }

    @Test("a bootstrap or a configuration that is damaged starts nothing")
    func damaged() throws {
        try join(server: "https://10.0.0.1:6443", secret: "kubeconfig")
        try state.write("config/current.json", Array("{".utf8))
        #expect {
            try launch.prepare()
        } throws: {
            if case .configuration = $0 as? KubeletFault { true } else { false }
        }
        try state.write("kubernetes/a/node.json", Array("{}".utf8))
        #expect {
            try launch.prepare()
        } throws: {
            if case .membership(.damaged) = $0 as? KubeletFault { true } else { false }
        }
    }

    @Test("without a place for its files it says which")
    func noPlace() throws {
        try join(server: "https://10.0.0.1:6443", secret: "kubeconfig")
        var places = launch.places
        places.configuration = folder("none/kubelet.yaml")
        #expect(
            throws: KubeletFault.place(folder("none/kubelet.yaml"), .noEntry)
        ) { try KubeletLaunch(places: places, state: state).prepare() }
    }

    private var launch: KubeletLaunch {
        let places = KubeletPlaces(
            kubelet: folder("kubelet-program"),
            containerd: folder("containerd-program"),
            configuration: folder("kubelet.yaml"),
            home: folder("kubelet"),
            manifests: folder("manifests")
        )
        return KubeletLaunch(places: places, state: state)
    }

    private func say(_ text: String, as program: String, status: Int = 0) throws {
        let script = "#!/bin/sh\necho '\(text)'\nexit \(status)\n"
        // By another process: one that this one starts meanwhile would hold it open for writing.
        let words = "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\""
        try run("sh", "-c", words, "sh", script, folder(program))
    }

    private func write(_ text: String, _ path: String) throws {
        let bytes = Array(text.utf8)
        try File.writeAtomically(bytes.span, to: path, permissions: 0o600)
    }

    private func isThere(_ name: String) -> Bool {
        (try? File.read(folder(name), limit: 1 << 20)) != nil
    }

    /// As a bootstrap leaves it; without a server only the client CA was given.
    private func join(server: String, secret: String?) throws {
        var cluster: Membership.Cluster?
        if let secret {
            let token = try #require(JoinToken("abcdef.0123456789abcdef"))
            cluster = Membership.Cluster(
                server: try ServerAddress(server),
                authorities: Array("authorities".utf8),
                credentials: secret == "kubeconfig"
                    ? .certificate(chain: Array("chain".utf8), key: Array("key".utf8))
                    : .token(token)
            )
        }
        let membership = Membership(
            clientCA: Array("clients".utf8),
            cluster: cluster,
            node: NodeSettings(unchecked: "node-7", labels: ["rack=4"], taints: []),
            request: Digest(Array(repeating: 7, count: 32).span)
        )
        try MembershipStore(state: state).write(membership)
    }
}
