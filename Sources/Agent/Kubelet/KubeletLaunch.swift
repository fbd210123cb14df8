import Slots
import Syscalls

/// Works out how this node's kubelet is started, and leaves in place what it reads.
///
/// Run by the process that becomes the kubelet, each time anew: what a bootstrap or a configuration
/// changed is in force after a restart of the service.
struct KubeletLaunch {
    let places: KubeletPlaces
    let state: StateFolder

    /// In the kubelet's folder: under which membership it made what lies there.
    static let membershipMark = "membership"

    /// How the kubelet is to be started; its configuration file is written.
    ///
    /// Throws when the node has joined no cluster, when what it keeps is damaged, when one of the
    /// programs does not say its version, and when the two do not go together.
    func prepare() throws(KubeletFault) -> KubeletPlan {
        let membership = try membership()
        let node = try node(membership)
        let kubelet = try version(of: places.kubelet)
        let containerd = try version(of: places.containerd)
        let plan: KubeletPlan
        do throws(KubeletPlan.Misfit) {
            plan = try KubeletPlan(kubelet: kubelet, containerd: containerd, node: node)
        } catch {
            throw .misfit(error)
        }
        try forgetOthers(membership.description.request.hex)
        try write(plan.configuration, to: places.configuration)
        try makeFolder(places.manifests)
        return plan
    }

    private func membership() throws(KubeletFault) -> MembershipStore.InForce {
        let found: MembershipStore.InForce?
        do throws(BootstrapError) { found = try MembershipStore(state: state).read() } catch {
            throw .membership(error)
        }
        guard let found, !found.description.server.isEmpty else { throw .notJoined }
        return found
    }

    private func node(
        _ membership: MembershipStore.InForce
    ) throws(KubeletFault) -> KubeletPlan.Node {
        let kept: KeptConfig
        do throws(StateError) { kept = try ConfigStore(state: state).current() } catch {
            throw .configuration(error)
        }
        let extras = kept.config.kubelet
        let told = membership.description.node
        var node = KubeletPlan.Node(
            folder: "\(state.path)/\(MembershipStore.folder(membership.set))",
            hasToken: membership.files["bootstrap-kubeconfig"] != nil
        )
        node.name = told.name
        // What the configuration says of a label is newer than what the bootstrap said.
        let configured = Set(extras.labels.keys)
        let older = told.labels.filter { !configured.contains(String($0.prefix { $0 != "=" })) }
        node.labels = (older + extras.labels.map { "\($0.key)=\($0.value)" }).sorted()
        node.taints = told.taints + extras.taints.filter { !told.taints.contains($0) }
        node.maxPods = Int(extras.maxPods)
        if !extras.clusterDns.isEmpty { node.clusterDNS = extras.clusterDns }
        if !extras.clusterDomain.isEmpty { node.clusterDomain = extras.clusterDomain }
        node.systemReserved = extras.systemReserved
        return node
    }

    private func version(of program: String) throws(KubeletFault) -> RuntimeVersion {
        let outcome: Spawn.Outcome
        do throws(Errno) {
            outcome = try Spawn.run(
                program,
                ["--version"],
                outputLimit: 4096,
                timeout: .seconds(60)
            )
        } catch {
            throw .program(program, "\(error)")
        }
        let text = String(decoding: outcome.output, as: UTF8.self)
        guard outcome.end == .exited(code: 0), let version = RuntimeVersion(saidBy: text) else {
            throw .program(program, "it ended with \(outcome.end) and said \"\(text.prefix(200))\"")
        }
        return version
    }

    /// The certificate and the kubeconfig that the kubelet made for itself are another cluster's,
    /// when they are not of this membership: with them it would never ask for new ones.
    private func forgetOthers(_ membership: String) throws(KubeletFault) {
        let mark = "\(places.home)/\(Self.membershipMark)"
        do throws(Errno) {
            if try read(mark) == membership { return }
            for path in ["\(places.home)/kubeconfig"] + (try files(in: "\(places.home)/pki")) {
                try remove(path)
            }
            let bytes = Array(membership.utf8)
            try File.writeAtomically(bytes.span, to: mark, permissions: 0o600)
        } catch {
            throw .place(mark, error)
        }
    }

    private func read(_ path: String) throws(Errno) -> String? {
        do throws(Errno) {
            return String(decoding: try File.read(path, limit: 256), as: UTF8.self)
        } catch {
            if error == .noEntry { return nil }
            throw error
        }
    }

    private func files(in folder: String) throws(Errno) -> [String] {
        do throws(Errno) {
            return try Directory.names(at: folder).map { "\(folder)/\($0)" }
        } catch {
            if error == .noEntry { return [] }
            throw error
        }
    }

    private func remove(_ path: String) throws(Errno) {
        do throws(Errno) { try File.remove(path) } catch {
            if error != .noEntry { throw error }
        }
    }

    private func write(_ text: String, to path: String) throws(KubeletFault) {
        let bytes = Array(text.utf8)
        do throws(Errno) {
            try File.writeAtomically(bytes.span, to: path, permissions: 0o600)
        } catch {
            throw .place(path, error)
        }
    }

    private func makeFolder(_ path: String) throws(KubeletFault) {
        do throws(Errno) { try Directory.create(path) } catch {
            if error != .exists { throw .place(path, error) }
        }
    }
}
