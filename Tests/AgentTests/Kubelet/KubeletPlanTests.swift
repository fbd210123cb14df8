import Glibc
import Syscalls
import Testing

@testable import Agent

@Suite("How the kubelet is started")
struct KubeletPlanTests {
    private static let kubelets = [(1, 20), (1, 24), (1, 27), (1, 30)].map(RuntimeVersion.init)
    private static let containerds = [(1, 6), (1, 7), (2, 0)].map(RuntimeVersion.init)

    private static let joined = KubeletPlan.Node(
        folder: "/var/lib/keel/kubernetes/a",
        hasToken: true
    )
    private static let told = KubeletPlan.Node(
        name: "node-7",
        labels: ["rack=4", "shop/zone="],
        taints: ["shop=open:NoSchedule", "slow:NoExecute"],
        folder: "/var/lib/keel/kubernetes/b",
        hasToken: false,
        maxPods: 40,
        clusterDNS: "fd00::10",
        clusterDomain: "shop.example",
        systemReserved: ["memory": "256Mi", "cpu": "100m"]
    )

    /// With KEEL_RENEW_GOLDEN=1 what is expected is written anew: read the difference.
    @Test("for each pair of versions it is what the golden file says")
    func golden() throws {
        var text = ""
        for kubelet in Self.kubelets {
            for containerd in Self.containerds {
                text += "# kubelet \(kubelet), containerd \(containerd)\n"
                do throws(KubeletPlan.Misfit) {
                    let plan = try KubeletPlan(
                        kubelet: kubelet,
                        containerd: containerd,
                        node: Self.joined
                    )
                    text += Self.shown(plan)
                } catch {
                    text += "refused: \(error.sentence)\n\n"
                }
            }
        }
        try Self.compare(text, with: "pairs.txt")
    }

    @Test("name, labels, taints and settings of a node go where the kubelet takes them")
    func settings() throws {
        let plan = try KubeletPlan(
            kubelet: RuntimeVersion(1, 30),
            containerd: RuntimeVersion(2, 1),
            node: Self.told
        )
        try Self.compare(Self.shown(plan), with: "settings.txt")
    }

    @Test(
        "a pair that shares no CRI version, and a kubelet that is too old, are refused",
        arguments: [
            ((1, 19), (1, 6), "older than 1.20"), ((1, 22), (2, 0), "v1alpha2 only"),
            ((1, 26), (1, 5), "v1 only"), ((0, 30), (1, 7), "older than 1.20"),
        ]
    )
    func refused(_ kubelet: (Int, Int), _ containerd: (Int, Int), _ words: String) {
        #expect {
            try KubeletPlan(
                kubelet: RuntimeVersion(kubelet.0, kubelet.1),
                containerd: RuntimeVersion(containerd.0, containerd.1),
                node: Self.joined
            )
        } throws: {
            ($0 as? KubeletPlan.Misfit)?.sentence.contains(words) == true
        }
    }

    @Test("each pair at the edge of what goes together is accepted")
    func edges() throws {
        for (kubelet, containerd) in [
            ((1, 22), (1, 7)), ((1, 23), (2, 0)), ((1, 25), (1, 5)),
            ((1, 26), (1, 6)), ((2, 0), (3, 0)),
        ] {
            _ = try KubeletPlan(
                kubelet: RuntimeVersion(kubelet.0, kubelet.1),
                containerd: RuntimeVersion(containerd.0, containerd.1),
                node: Self.joined
            )
        }
    }

    private static func shown(_ plan: KubeletPlan) -> String {
        (plan.environment + ["kubelet"] + plan.arguments.map { "    " + $0 })
            .joined(separator: "\n") + "\n---\n" + plan.configuration + "\n"
    }

    private static func compare(_ text: String, with name: String) throws {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(folder)/golden/\(name)"
        // Sound: nobody changes the environment while tests run.
        if unsafe getenv("KEEL_RENEW_GOLDEN") != nil {
            let bytes = Array(text.utf8)
            try File.writeAtomically(bytes.span, to: path, permissions: 0o644)
        }
        let expected = String(decoding: try File.read(path, limit: 1 << 20), as: UTF8.self)
        #expect(text == expected)
    }
}
