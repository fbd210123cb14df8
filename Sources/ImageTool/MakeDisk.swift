import ArgumentParser
import Slots
import SlotsDisk
import SlotsLayout
import Syscalls

struct MakeDisk: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk",
        abstract: "Make a disk that boots a release",
        discussion: """
            Slot a holds the release and is good, slot b is empty; the rest of the disk is left \
            for the node's data. Onto an image file or a block device, whose content is lost. An \
            image file is sparse, and the same each time.

            With --identity and --config the disk is one node's own: its first boot takes them \
            and erases them where they were. The folder may hold machine-id, agent.key and \
            agent.crt (PEM), and join-secret, which whoever bootstraps the node must then know. \
            The file is what 'osctl config apply' takes.

            Example: keel-image disk --image keelos-1.2.0.keel --trust trust --output node.img
            """
    )

    @Option(help: ArgumentHelp("Install this bundle", valueName: "file.keel"))
    var image: String

    @Option(help: ArgumentHelp("Check it against this trust directory", valueName: "dir"))
    var trust: String

    @Option(help: ArgumentHelp("Write this file or block device", valueName: "disk"))
    var output: String

    @Option(help: ArgumentHelp("Make a file of this size (default: 4G)", valueName: "bytes"))
    var size: ByteCount?

    @Option(help: ArgumentHelp("Give each slot this much, for good", valueName: "bytes"))
    var slotSize = ByteCount(1 << 30)

    @Option(help: ArgumentHelp("Count in 512 or 4096 bytes (default: 512)", valueName: "bytes"))
    var sectorSize: Int?

    @Option(help: ArgumentHelp("Give the node the identity in this folder", valueName: "dir"))
    var identity: String?

    @Option(help: ArgumentHelp("Give the node this configuration", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Boot with this (default: found by itself)", valueName: "file"))
    var loader: String?

    func validate() throws {
        guard [nil, 512, 4096].contains(sectorSize) else {
            throw ValidationError("--sector-size is 512 or 4096.")
        }
        guard size.map({ $0.bytes > 0 && $0.bytes.isMultiple(of: 4096) }) ?? true else {
            throw ValidationError("--size is a multiple of 4096.")
        }
    }

    func run() throws {
        let program = CommandLine.arguments.first ?? "keel-image"
        let folder = LoaderSearch.folder(ofProgram: program)
        var hasBegun = false
        let isDevice = Self.isBlockDevice(output)
        do throws(ToolError) {
            let now = Timestamp(seconds: Int(WallTime.now.components.seconds))
            let making = DiskMaking(
                image: image,
                policy: try TrustPolicy.read(trust),
                slotSize: slotSize.bytes,
                given: try Giving.read(identity: identity, config: config),
                search: LoaderSearch(asked: loader, programFolder: folder)
            )
            let plan = try making.plan(now: now)
            if isDevice {
                let disk = try openDevice()
                hasBegun = true
                try making.write(plan, to: disk, identities: try .random())
            } else {
                try writeFile(plan, making)
            }
            print(text(plan, making.given))
        } catch {
            let state =
                hasBegun
                ? "\(output) holds no release that boots; make it again."
                : isDevice ? "Nothing was written." : "No file was written."
            throw Failure.report(error, unchanged: state)
        }
    }

    /// Beside its name first: whoever has the name sees all of the old disk or all of the new.
    func writeFile(_ plan: DiskMaking.Plan, _ making: DiskMaking) throws(ToolError) {
        let next = output + ".new"
        do throws(ToolError) {
            try removeFile(next)
            let disk: Disk
            do throws(DiskError) {
                disk = try Disk(
                    creatingImage: next,
                    size: size?.bytes ?? 4 << 30,
                    sectorSize: sectorSize ?? 512,
                    permissions: making.given?.hasSecrets == true ? 0o600 : 0o644
                )
            } catch {
                throw .disk(error)
            }
            try making.write(plan, to: disk, identities: .fixed(for: plan.release))
            do throws(Errno) {
                try File.rename(next, to: output)
                try Directory.synchronize(ImageTool.folder(of: output))
            } catch {
                throw .system("write", output, error)
            }
        } catch {
            try removeFile(next)
            throw error
        }
    }

    private func openDevice() throws(ToolError) -> Disk {
        if let size { throw .option("--size", found: "\(size)", expected: "none for a device") }
        let disk: Disk
        do throws(DiskError) {
            disk = try Disk(opening: output, for: .writing(wait: .seconds(5)))
        } catch {
            throw .disk(error)
        }
        if let sectorSize, sectorSize != disk.sectorSize {
            let expected = "\(disk.sectorSize), as the device has it"
            throw .option("--sector-size", found: "\(sectorSize)", expected: expected)
        }
        return disk
    }

    private func removeFile(_ path: String) throws(ToolError) {
        do throws(Errno) { try File.remove(path) } catch {
            guard error == .noEntry else { throw .system("remove", path, error) }
        }
    }

    private static func isBlockDevice(_ path: String) -> Bool {
        do throws(Errno) {
            let found = try Descriptor(opening: path, for: .reading, .nonBlocking).status()
            return found.kind == .blockDevice
        } catch {
            return false
        }
    }

    private func text(_ plan: DiskMaking.Plan, _ given: GivenFiles?) -> String {
        let files = given.map { $0.files.keys.sorted().joined(separator: ", ") }
        return """
            Wrote \(output): slot a holds keelos \(plan.release.version) and is good, slot b is \
            empty.
            Release digest: \(plan.release.digest)
            Boot loader: \(plan.loaderPath), contract \(plan.loader.contract)
            """ + (files.map { "\nThe node is given: \($0)" } ?? "")
    }
}
