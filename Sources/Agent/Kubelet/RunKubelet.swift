import ArgumentParser
import Syscalls

/// Started by the first process in the kubelet's place; becomes the kubelet.
struct RunKubelet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubelet",
        abstract: "Become the kubelet of a node that has joined a cluster",
        discussion: """
            Works out the kubelet's options and configuration from the versions of kubelet and \
            containerd, the node's bootstrap and its configuration, and takes its place.

            EXAMPLE: keel-agent kubelet --state /var/lib/keel
            """
    )

    @Option(help: ArgumentHelp("What survives is in this folder", valueName: "dir"))
    var state = "/var/lib/keel"

    func run() throws {
        let places = KubeletPlaces()
        let plan: KubeletPlan
        do throws(KubeletFault) {
            plan = try KubeletLaunch(places: places, state: StateFolder(path: state)).prepare()
        } catch {
            throw try Self.refusal(error)
        }
        try preload(places)
        do throws(Errno) {
            try CurrentProcess.become(
                places.kubelet,
                plan.arguments,
                environment: Self.environment + plan.environment
            )
        } catch {
            throw try Self.refusal(.start(places.kubelet, error))
        }
    }

    private static func refusal(_ fault: KubeletFault) throws -> ExitCode {
        try say("keel-agent: the kubelet is not started: \(fault.sentence)\n")
        return ExitCode(1)
    }

    /// A kubelet without its images is better than none: only it makes room on a full disk.
    private func preload(_ places: KubeletPlaces) throws {
        let images = Preload(
            folder: places.images,
            socket: places.runtime,
            patience: .seconds(60)
        )
        let brought: [String]
        do throws(PreloadFault) {
            brought = try Blocking.wait { () async throws(PreloadFault) in try await images.run() }
        } catch {
            return try Self.say("keel-agent: images are missing: \(error.sentence)\n")
        }
        for name in brought { try Self.say("keel-agent: brought the image \(name)\n") }
    }

    private static let environment = [
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root",
    ]

    private static func say(_ text: String) throws {
        let bytes = Array(text.utf8)
        try StandardError.write(bytes.span)
    }
}
