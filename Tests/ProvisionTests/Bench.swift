import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing

@testable import Provision

/// Where a test's disk stands.
enum Place: String, CaseIterable, CustomTestStringConvertible {
    case image512 = "an image with 512-byte sectors"
    case image4096 = "an image with 4096-byte sectors"
    case loop512 = "a loop device with 512-byte sectors"
    case loop4096 = "a loop device with 4096-byte sectors"

    var testDescription: String { rawValue }
    var sectorSize: Int { self == .image4096 || self == .loop4096 ? 4096 : 512 }
    var isImage: Bool { self == .image512 || self == .image4096 }
}

/// A disk as `keel-image disk` leaves it, put onto a larger one.
final class Bench {
    static let slotSize = 16 << 20
    static let made = Layout.diskSize(forSlots: slotSize) + (8 << 20)
    static let larger = made + (160 << 20)
    /// Beside the program that runs the tests.
    static let program =
        CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false)
        .dropLast().joined(separator: "/") + "/keel-provision"

    let folder: TemporaryFolder
    let image: String
    let path: String
    let identities: Layout.Identities
    private let loop: LoopDevice?

    init(_ place: Place, size: Int = larger, given: GivenFiles? = nil) throws {
        folder = try TemporaryFolder()
        image = folder("disk")
        identities = Layout.Identities(
            disk: try Self.id(),
            systemPartition: try Self.id(),
            slots: PerSlot(a: try Self.id(), b: try Self.id())
        )
        do {
            let disk = try Disk(
                creatingImage: image,
                size: Self.made,
                sectorSize: place.sectorSize,
                permissions: 0o600
            )
            let layout = try Layout.create(
                on: disk,
                slotSize: Self.slotSize,
                identities: identities,
                given: given == nil ? nil : try Self.id()
            )
            if let given, let partition = layout.given {
                let file = try Descriptor(opening: image, for: .writing)
                let bytes = try #require(given.encoded())
                try file.write(bytes.span, at: partition.range.lowerBound)
            }
            for slot in Slot.allCases {
                let file = try Descriptor(opening: image, for: .writing)
                let text = Array("slot \(slot)".utf8)
                try file.write(text.span, at: layout.slots[slot].range.lowerBound)
            }
        }
        try Descriptor(opening: image, for: .both).resize(to: size)
        if place.isImage {
            loop = nil
            path = image
        } else {
            let device = try LoopDevice(on: image, sectorSize: place.sectorSize)
            loop = device
            path = device.path
        }
    }

    private static func id() throws -> GUID { GUID(random: try RandomSource.bytes(16)) }

    /// What `keel-provision` answers when slot a runs.
    func provision() -> Answer {
        Provisioning(
            disk: path,
            partition: identities.slots.a.description,
            runFolder: folder.path
        ).run()
    }

    /// Starts the program and kills it, or a program it started, at the `count`th `call`. True when
    /// it came to its end before.
    func provision(killedAt call: String, _ count: Int) throws -> Bool {
        try #require(Files.isProgram(Self.program))
        // Of mke2fs, which counts for itself, the same call is killed.
        let outcome = try Spawn.run(
            "/usr/bin/strace",
            [
                "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                "inject=\(call):signal=SIGKILL:when=\(count)", Self.program, "--disk", path,
                "--partuuid", identities.slots.a.description, "--run", folder.path,
            ],
            outputLimit: 4096,
            timeout: .seconds(60)
        )
        return outcome.end == .exited(code: 0)
    }

    /// Kills the program at one `call` after the other, each on a new disk, until it is not reached
    /// any more; `check` gets the disk and where it was killed.
    static func killEach(
        _ call: String,
        given: GivenFiles? = nil,
        _ check: (Bench, String) throws -> Void
    ) throws {
        var isDone = false
        var count = 1
        while !isDone && count < 200 {
            let bench = try Bench(.image512, given: given)
            isDone = try bench.provision(killedAt: call, count)
            try check(bench, "\(call) \(count)")
            // mke2fs writes often: after its first calls every seventh must do.
            count += count < 12 ? 1 : 7
        }
        #expect(isDone && count > 2)
    }

    func layout() throws -> Layout {
        try Layout.find(on: Disk(opening: path, for: .reading), acceptingBackup: false)
    }

    func data() throws -> Partition { try #require(try layout().data) }

    func bytes(_ range: Range<Int>) throws -> [UInt8] {
        try Disk(opening: path, for: .reading).bytes(range)
    }

    /// Writes behind everybody's back.
    func put(_ bytes: [UInt8], at offset: Int) throws {
        let file = try Descriptor(opening: path, for: .writing)
        try file.write(bytes.span, at: offset)
        try file.synchronize()
    }

    /// The file system is whole, leaves the black box alone, and the slots are what they were.
    func expectWhole(_ what: String) throws {
        let layout = try layout()
        #expect(layout.table == .whole, "\(what)")
        let data = try #require(layout.data, "\(what)")
        #expect(data.name == Layout.dataName, "\(what)")
        let place = try DataPlace(data, of: Disk(opening: path, for: .reading))
        #expect(throws: Never.self, "\(what)") { try run("e2fsck", "-f", "-n", place.name) }
        let head = try bytes(data.range.lowerBound..<(data.range.lowerBound + 4096))
        let superblock = try #require(ExtSuperblock(parsing: head), "\(what)")
        #expect(superblock.leavesBlackBox(in: data.range.count), "\(what)")
        let ring = data.range.upperBound - BlackBoxLayout.size
        #expect(try bytes(ring..<(ring + 8)) == Array(SealedBlock.magic.utf8), "\(what)")
        for slot in Slot.allCases {
            let start = layout.slots[slot].range.lowerBound
            #expect(try bytes(start..<(start + 6)) == Array("slot \(slot)".utf8), "\(what)")
        }
    }
}
