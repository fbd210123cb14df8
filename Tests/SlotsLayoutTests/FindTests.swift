import Slots
import SlotsDisk
import Support
import Syscalls
import Testing

@testable import SlotsLayout

@Suite(.serialized) struct FindTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let good = [
        "start=2048, size=262144, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=EFI-SYSTEM",
        "start=264192, size=131072, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=KEELOS_ROOT_A",
        "start=395264, size=131072, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=KEELOS_ROOT_B",
    ]

    /// A disk that sfdisk made.
    private func disk(_ lines: [String], label: String = "gpt") throws -> Disk {
        let image = try folder.image("image", size: Place.size)
        let script = (["label: \(label)"] + lines).joined(separator: "\n") + "\n"
        try File.append(Array(script.utf8).span, to: folder("script"))
        try run("sh", "-c", "sfdisk --quiet \(image) < \(folder("script"))")
        return try Disk(opening: image, for: .reading)
    }

    private func refusal(_ lines: [String], label: String = "gpt") throws -> LayoutError? {
        let disk = try disk(lines, label: label)
        return #expect(throws: LayoutError.self) {
            _ = try Layout.find(on: disk, acceptingBackup: true)
        }
    }

    @Test("a disk that another tool laid out by the rules is accepted, data partition and all")
    func foreign() throws {
        let data = "start=526336, size=16384, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="
        let layout = try Layout.find(
            on: disk(Self.good + [data + "KEELOS_DATA"]),
            acceptingBackup: false
        )
        #expect(layout.data?.number == 4)
        let folder = try TemporaryFolder()
        let new = try FindTests(in: folder).disk(Self.good + [data + "KEELOS_DATA_NEW"])
        #expect(try Layout.find(on: new, acceptingBackup: false).data?.name == "KEELOS_DATA_NEW")
    }

    private init(in folder: TemporaryFolder) { self.folder = folder }

    @Test("a blank disk has no table; one with an MBR has another kind")
    func noTable() throws {
        let blank = try Disk(opening: folder.image("blank", size: Place.size), for: .reading)
        #expect(throws: LayoutError.noTable(found: nil)) {
            _ = try Layout.find(on: blank, acceptingBackup: true)
        }
        #expect(try refusal(["start=2048, size=2048"], label: "dos") == .noTable(found: "dos"))
    }

    @Test("each partition that must be there is missed by name", arguments: [0, 1, 2])
    func missing(index: Int) throws {
        var lines = Self.good
        lines[index] = lines[index].replacing("name=", with: "name=X")
        let names = ["EFI-SYSTEM", "KEELOS_ROOT_A", "KEELOS_ROOT_B"]
        #expect(try refusal(lines) == .missing(name: names[index]))
    }

    @Test(
        "two partitions of one name are refused, whatever their types",
        arguments: ["KEELOS_ROOT_A", "EFI-SYSTEM", "KEELOS_DATA"]
    )
    func ambiguous(name: String) throws {
        let extra = [
            "start=526336, size=2048, name=\(name)", "start=528384, size=2048, name=\(name)",
        ]
        let numbers = [
            "KEELOS_ROOT_A": [2, 4, 5], "EFI-SYSTEM": [1, 4, 5], "KEELOS_DATA": [4, 5],
        ]
        #expect(
            try refusal(Self.good + extra) == .ambiguous(name: name, numbers: numbers[name] ?? [])
        )
    }

    @Test("data that is new and data that is not cannot both be there")
    func twoData() throws {
        let extra = [
            "start=526336, size=2048, name=KEELOS_DATA",
            "start=528384, size=2048, name=KEELOS_DATA_NEW",
        ]
        #expect(try refusal(Self.good + extra) == .ambiguous(name: "KEELOS_DATA", numbers: [4, 5]))
    }

    @Test("the right name with the wrong type is refused, and both types are told")
    func wrongType() throws {
        var lines = Self.good
        lines[1] = "start=264192, size=131072, name=KEELOS_ROOT_A"
        #expect(
            try refusal(lines)
                == .wrongType(name: "KEELOS_ROOT_A", found: .dataType, expected: .rootType)
        )
    }

    @Test("slots under other numbers than the boot loader looks for are refused")
    func wrongNumber() throws {
        let lines = [Self.good[0], Self.good[2], Self.good[1]]
        #expect(
            try refusal(lines) == .wrongNumber(name: "KEELOS_ROOT_A", found: 3, expected: 2)
        )
    }

    @Test("slots of different sizes are refused")
    func unequal() throws {
        var lines = Self.good
        lines[2] = lines[2].replacing("size=131072", with: "size=131080")
        #expect(try refusal(lines) == .unequalSlots(a: 64 << 20, b: (64 << 20) + 4096))
    }

    private func partition(_ number: Int, _ range: Range<Int>) -> Partition {
        Partition(number: number, name: "x", type: .dataType, id: .test("0"), range: range)
    }

    @Test("partitions that overlap or leave the disk are refused: no tool would make them")
    func impossible() {
        func refusal(_ partitions: [Partition]) -> LayoutError? {
            #expect(throws: LayoutError.self) {
                _ = try Layout(of: partitions, diskID: .test("0"), diskSize: 1000, table: .whole)
            }
        }
        #expect(refusal([partition(1, 0..<10), partition(2, 9..<20)]) == .overlapping(1, 2))
        #expect(refusal([partition(2, 5..<20), partition(1, 0..<100)]) == .overlapping(1, 2))
        #expect(refusal([partition(7, 900..<1001)]) == .beyondEnd(number: 7, end: 1001, size: 1000))
        #expect(
            refusal([partition(1, 0..<10), partition(2, 10..<20)]) == .missing(name: "EFI-SYSTEM")
        )
    }

    /// Damages a disk, a byte in each of these sectors.
    private func damaged(_ sectors: [Int]) throws -> Disk {
        let disk = try disk(Self.good)
        let file = try Descriptor(opening: disk.path, for: .both)
        for sector in sectors {
            try file.write([0x55].span, at: (sector < 0 ? disk.size : 0) + sector * 512 + 24)
        }
        return disk
    }

    @Test("a damaged primary is refused, unless the backup is asked for", arguments: [1, 2])
    func primary(sector: Int) throws {
        let disk = try damaged([sector])
        #expect(throws: LayoutError.primaryDamaged(backupIsSound: true)) {
            _ = try Layout.find(on: disk, acceptingBackup: false)
        }
        let layout = try Layout.find(on: disk, acceptingBackup: true)
        #expect(layout.table == .primaryDamaged)
        #expect(layout.slots.b.number == 3)
    }

    @Test("a damaged backup is told, and harms nothing", arguments: [-1, -33])
    func backup(sector: Int) throws {
        let layout = try Layout.find(on: damaged([sector]), acceptingBackup: false)
        #expect(layout.table == .backupDamaged)
    }

    @Test("with both copies damaged nothing is believed")
    func both() throws {
        let disk = try damaged([1, -1])
        #expect(throws: LayoutError.primaryDamaged(backupIsSound: false)) {
            _ = try Layout.find(on: disk, acceptingBackup: true)
        }
    }

    @Test("growing a disk with a damaged primary is refused")
    func growDamaged() throws {
        let path = try damaged([1]).path
        let disk = try Disk(opening: path, for: .writing(wait: .zero))
        #expect(throws: LayoutError.primaryDamaged(backupIsSound: true)) {
            _ = try Layout.grow(on: disk)
        }
    }

    @Test("a GUID is read in either case and written in lower case; anything else is none")
    func guids() {
        let text = "C12A7328-f81F-11D2-BA4B-00A0C93EC93B"
        #expect(GUID(text) == .systemType)
        #expect(GUID.systemType.description == text.lowercased())
        for wrong in ["", "c12a7328f81f11d2ba4b00a0c93ec93b", String(text.dropLast()), text + "0"] {
            #expect(GUID(wrong) == nil)
        }
        #expect(GUID(text.replacing("C", with: "G")) == nil)
        #expect(GUID("１2345678-1234-1234-1234-123456789abc") == nil)
    }

    @Test("a random GUID says that it is random")
    func randomGUID() {
        let guid = GUID(random: [UInt8](repeating: 0xFF, count: 16))
        #expect(guid.description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }
}
