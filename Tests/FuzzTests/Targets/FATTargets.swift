import Simulator
import Slots

@testable import SlotsDisk

/// The system partition with anybody's bytes where a walk reads its way.
///
/// Nothing is written beyond the partition; looking writes nothing. A copy that was written is read
/// back, one that was refused is left as it was, and so are the other copies and the loader.
///
/// The first byte chooses the image, the rest is laid on its parts.
struct FATTarget: FuzzTarget {
    static let name = "fat"
    static let rounds = 300
    static let dialect = Dialect(
        limit: 1024,
        tokens: [
            "KEEL       ", "EFI        ", "BOOT       ", "ENV0       ", "ENV1       ",
            "ENV2       ", "BOOTX64 EFI", "BOOTX64 OLD", "\u{10}", "\0\0",
        ],
        fields: FATFields.all,
        unit: 32
    )
    private let partitions = TestPartitions()

    func seeds() -> [[UInt8]] { partitions.seeds }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let device = partitions.device(input)
        let start = device.mark
        let partition = SystemPartition(on: device)
        let before = FATState(device)
        try promise(device.mark == start, "looking wrote something")
        for copy in 0..<3 {
            try promise(
                (try? partition.readCopy(copy)) == before.copies[copy],
                "copy \(copy) is read in two ways"
            )
        }
        var endings = ["\(before)"]
        for copy in 0..<3 {
            endings.append(try checkWrite(copy, before, partition, device))
            device.goBack(to: start)
        }
        if let escape = device.escape, !escape.hasPrefix("read") { throw BrokenPromise(escape) }
        return endings.joined(separator: " ")
    }

    private func checkWrite(
        _ copy: Int,
        _ before: FATState,
        _ partition: SystemPartition,
        _ device: TestDevice
    ) throws(BrokenPromise) -> String {
        let block = BootRecord(preferred: .b, a: .good, b: .none, sequence: 8).encoded()
        var expected = before
        let word: String
        do {
            try partition.writeCopy(copy, block)
            expected.copies[copy] = block
            word = "written"
        } catch {
            word = ending(error)
        }
        let after = FATState(device)
        try promise(
            after.keeps(expected),
            "writing copy \(copy): \(word); before \(before), after \(after)"
        )
        return word
    }
}

/// The same partition, and the boot loader's two files on it.
///
/// An upgrade is refused and nothing was written, or the new loader is in force; the copies of the
/// record stay as they are either way.
struct LoaderTarget: FuzzTarget {
    static let name = "loader"
    static let rounds = 1000
    static let dialect = FATTarget.dialect
    private let partitions = TestPartitions()

    func seeds() -> [[UInt8]] { partitions.seeds }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let device = partitions.device(input)
        let start = device.mark
        let before = FATState(device)
        let bytes = FATImage.program(fill: 2)
        var expected = before
        let word: String
        do {
            let outcome = try LoaderFiles(on: device).upgrade(to: bytes)
            word = "\(outcome)"
            expected.loader = bytes
        } catch {
            word = ending(error)
            try promise(device.changes(since: start).isEmpty, "refused with \(error), and written")
        }
        var after = FATState(device)
        if word == "replaced" { after.loader = after.loader.map { Array($0.prefix(bytes.count)) } }
        try promise(after.keeps(expected), "\(word); before \(before), after \(after)")
        if let escape = device.escape, !escape.hasPrefix("read") { throw BrokenPromise(escape) }
        return word
    }
}

/// What can be read of a system partition. What cannot may say so in other words afterwards.
struct FATState: CustomStringConvertible {
    var copies: [[UInt8]?]
    var loader: [UInt8]?

    init(_ device: TestDevice) {
        copies = SystemPartition(on: device).readCopies().map { try? $0.get() }
        loader = try? LoaderFiles(on: device).current()
    }

    /// Whether every record and the loader are as they were, and nothing came to life. A copy that
    /// was no record may lie in a folder, and changes with it; of a record what is behind its text
    /// may, which is damaged then.
    func keeps(_ old: FATState) -> Bool {
        let isKept = zip(copies, old.copies).allSatisfy { new, old in
            guard let old else { return new == nil }
            guard let record = BootRecord(parsing: old), new != old else { return true }
            return old != record.encoded() && new.flatMap(BootRecord.init(parsing:)) == record
        }
        return isKept && loader == old.loader
    }

    /// `w` for a record, `o` for other bytes, `-` for none; then the loader.
    var description: String {
        let signs = copies.map { copy in
            guard let bytes = copy else { return "-" }
            return BootRecord(parsing: bytes).map { "w\($0.sequence)" } ?? "o"
        }
        let sign = loader.map { LoaderImage.contract(of: $0) == nil ? "o" : "w" }
        return signs.joined() + (sign ?? "-")
    }
}

/// Partitions to lay inputs on.
struct TestPartitions {
    private let images: [FATImage]
    private let devices: [TestDevice]

    init() {
        images = FATImage.Kind.allCases.map(FATImage.init)
        devices = images.map { TestDevice($0.bytes, sectorSize: $0.sectorSize) }
    }

    var seeds: [[UInt8]] { images.map { [UInt8($0.kind.rawValue)] + $0.input } }

    /// The partition that `input` describes.
    func device(_ input: [UInt8]) -> TestDevice {
        let kind = Int(input.first ?? 0) % images.count
        let device = devices[kind]
        device.reset()
        var rest = input.dropFirst()
        for part in images[kind].parts {
            device.lay(rest.prefix(part.size), at: part.offset)
            rest = rest.dropFirst(part.size)
        }
        return device
    }
}

/// Where the numbers are in an input of `FATTarget`.
enum FATFields {
    private static let boot: [Dialect.Field] = [
        Dialect.Field(11, 2), Dialect.Field(13, 1), Dialect.Field(14, 2), Dialect.Field(16, 1),
        Dialect.Field(17, 2), Dialect.Field(19, 2), Dialect.Field(22, 2), Dialect.Field(32, 4),
        Dialect.Field(36, 4), Dialect.Field(40, 2), Dialect.Field(44, 4), Dialect.Field(48, 2),
    ]
    /// The first entries of both tables, of two or four bytes.
    private static let tables = (0..<40).map {
        Dialect.Field(66 + 4 * $0, $0.isMultiple(of: 3) ? 4 : 2)
    }
    /// Cluster and size in each entry of a folder.
    private static let entries = (0..<13).flatMap {
        [Dialect.Field(226 + 32 * $0 + 26, 2), Dialect.Field(226 + 32 * $0 + 28, 4)]
    }

    /// One byte further on: the first one chooses the image.
    static let all = (boot + tables + entries + entries + tables)
        .map { Dialect.Field($0.offset + 1, $0.width) }
}
