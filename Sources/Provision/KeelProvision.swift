import ArgumentParser
import Syscalls

@main
struct KeelProvision: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keel-provision",
        abstract: "Find, make or check the data partition of a node's disk",
        discussion: """
            Started by the first process before anything is mounted on /var/lib/keel. The answer \
            is one line of JSON: data (the partition's node), state (ready, made, repaired, \
            readonly, absent, foreign), grown (1 when the disk was larger than its table), \
            partuuid (the running slot's identity now), sentence. Ends with 0 when the partition \
            can be written to, with 1 when it cannot, with 64 for wrong usage.

            Example: keel-provision --disk /dev/vda --partuuid 7a3f...
            """
    )

    @Option(help: ArgumentHelp("Work on this whole disk or image file", valueName: "disk"))
    var disk: String

    @Option(
        help: ArgumentHelp("Refuse a disk none of whose slots has this identity", valueName: "uuid")
    )
    var partuuid: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("Leave word for this boot in this folder", valueName: "dir")
    )
    var runFolder = "/run/keel"

    func run() throws {
        let answer = Provisioning(disk: disk, partition: partuuid, runFolder: runFolder).run()
        print(answer.line)
        if !answer.state.isUsable { throw ExitCode(1) }
    }
}
