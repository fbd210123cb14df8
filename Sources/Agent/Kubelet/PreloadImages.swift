import ArgumentParser
import Syscalls

/// The kubelet's first step alone: for whoever makes an archive and wants to see it taken.
struct PreloadImages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preload",
        abstract: "Bring the images of a folder's archives into a container runtime",
        discussion: """
            Every .tar in the folder is an OCI image layout whose images have names. What is \
            there already is left alone.

            EXAMPLE: keel-agent preload /usr/share/keel/images
            """
    )

    @Argument(help: ArgumentHelp("The folder with the archives", valueName: "dir"))
    var folder: String

    @Option(help: ArgumentHelp("Where the runtime listens", valueName: "socket"))
    var runtime = "/run/containerd/containerd.sock"

    @Option(help: ArgumentHelp("Wait so long until it answers", valueName: "seconds"))
    var patience = 60

    func run() throws {
        let images = Preload(folder: folder, socket: runtime, patience: .seconds(patience))
        do throws(PreloadFault) {
            let brought = try Blocking.wait { () async throws(PreloadFault) in
                try await images.run()
            }
            for name in brought { print(name) }
        } catch {
            throw try Self.refusal(error)
        }
    }

    private static func refusal(_ fault: PreloadFault) throws -> ExitCode {
        let bytes = Array("keel-agent: \(fault.sentence)\n".utf8)
        try StandardError.write(bytes.span)
        return ExitCode(1)
    }
}
