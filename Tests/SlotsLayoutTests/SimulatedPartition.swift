import Simulator
import Slots
import SlotsDisk
import SlotsLayout
import Trust

/// The real file system and the real code that walks it, on a simulated disk.
enum SimulatedPartition {
    static let size = 20 << 20

    /// Something the firmware would take for a program, with a contract in it.
    static func loader(_ number: Int, size: Int = 40_000) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(number))
        var bytes = generator.bytes(size)
        bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))
        let header: [UInt8] = [0x50, 0x45, 0, 0, 0x64, 0x86]
        bytes.replaceSubrange(60..<64, with: [128, 0, 0, 0])
        bytes.replaceSubrange(128..<134, with: header)
        bytes.replaceSubrange(148..<154, with: [0xf0, 0, 0x22, 0, 0x0b, 0x02])
        bytes.replaceSubrange(260..<268, with: [16, 0, 0, 0, 0, 0, 0, 0])
        bytes.replaceSubrange(296..<304, with: [0, 0, 0, 0, 0, 0, 0, 0])
        let marker = Array("\n# KEELOS LOADER CONTRACT \(number) END\n".utf8)
        bytes.replaceSubrange(1000..<(1000 + marker.count), with: marker)
        return bytes
    }

    static func disk(_ shape: WorldShape, power: Power) -> SimulatedDisk {
        SimulatedDisk(
            "system partition",
            size: size,
            sectorSize: shape.sectorSize,
            physicalSize: shape.physicalSize,
            power: power,
            hashing: OpenSSLHashing()
        )
    }

    /// A disk that was formatted as `keel-image disk` does it.
    static func formatted(_ shape: WorldShape, power: Power = Power()) throws -> SimulatedDisk {
        let disk = disk(shape, power: power)
        let record = BootRecord(preferred: .a, a: .good, b: .none, sequence: 1)
        try SystemPartitionFormatter(
            volumeID: 1,
            loader: loader(1),
            record: record.encoded()
        ).format(disk)
        return disk
    }

    static func medium(_ shape: WorldShape) throws -> RecordMedium {
        RecordMedium(madeOn: try formatted(shape)) { SystemPartition(on: $0) }
    }
}
