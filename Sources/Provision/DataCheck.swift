import Slots
import SlotsDisk
import SlotsLayout
import Syscalls

/// Looks at a partition that is called `KEELOS_DATA`. It is mended where that needs no decision,
/// and never formatted.
struct DataCheck {
    let disk: Disk
    let place: DataPlace
    let tools: FileSystemTools
    /// Where `mke2fs` puts the first backup of the superblock, with blocks of 4096 bytes.
    private static let backup = 32768

    func answer() throws(Provisioning.Stop) -> Answer {
        do throws(DiskError) {
            let found = try disk.signature(of: place.range)
            if let found, found != "ext" {
                return Answer(.foreign, "\(name) holds \(found) and is not touched.")
            }
            let first = try found.map { (_) throws(DiskError) in
                try superblock(at: TornSuperblock.size)
            }
            let backup = try backupSuperblock()
            guard first != nil || backup != nil else {
                return Answer(.foreign, "\(name) holds nothing that we know and is not touched.")
            }
            return check(first, backup)
        } catch {
            throw Provisioning.Stop(.absent, error.sentence)
        }
    }

    private var name: String { "\(Layout.dataName) (\(place.name))" }

    private func check(_ first: [UInt8]?, _ backup: [UInt8]?) -> Answer {
        if isUsed {
            return Answer(.ready, "The data partition \(place.name) is in use: it was not checked.")
        }
        var answer: Answer
        do throws(FileSystemTools.Failure) {
            switch try mend(first, backup) {
            case .sound: answer = Answer(.ready, "The data partition is \(place.name).")
            case .mended: answer = Answer(.repaired, "\(name) was damaged and is mended.")
            case .damaged(let code):
                return Answer(
                    .readOnly,
                    "\(name) is damaged, and e2fsck -p leaves it alone (code \(code)): "
                        + "it is only read until a person mends it."
                )
            }
        } catch {
            return Answer(
                .readOnly,
                "\(name) could not be checked and is only read: \(error.program): \(error.words)."
            )
        }
        if let fault = prepareRing() { answer.sentence += " \(fault)" }
        return answer
    }

    /// The plain check, as long as a superblock is found by it: then a torn one is made whole, and
    /// at last the backup is taken.
    private func mend(
        _ first: [UInt8]?,
        _ backup: [UInt8]?
    ) throws(FileSystemTools.Failure) -> FileSystemTools.Check {
        guard let first else { return try tools.check(place, superblock: Self.backup) }
        var found = try tools.check(place)
        guard found == .noSuperblock, let backup else { return found }
        if let sector = TornSuperblock.mended(first, backup: backup) {
            let offset = TornSuperblock.size + TornSuperblock.sector
            try tools.write(sector, at: offset, of: place)
            found = try tools.check(place)
            if found == .sound { return .mended }
        }
        guard found == .noSuperblock else { return found }
        return try tools.check(place, superblock: Self.backup)
    }

    private func superblock(at offset: Int) throws(DiskError) -> [UInt8] {
        let start = place.range.lowerBound + offset
        return try disk.bytes(start..<(start + TornSuperblock.size))
    }

    /// It is mounted, or claimed by the kernel for something else.
    private var isUsed: Bool {
        guard let node = place.node else { return false }
        do {
            _ = try Descriptor(opening: node, for: .reading, .exclusive)
            return false
        } catch {
            return error == .busy
        }
    }

    /// The backup of the superblock, when it is where we would have put it.
    private func backupSuperblock() throws(DiskError) -> [UInt8]? {
        let offset = Self.backup * 4096
        guard offset + 4096 <= place.fileSystemSize else { return nil }
        let found = try superblock(at: offset)
        return found.has([0x53, 0xEF], at: 56) ? found : nil
    }

    /// Makes the black box where the room for it is blank. Why there is none, or `nil`.
    private func prepareRing() -> String? {
        do {
            let start = place.range.lowerBound
            let head = try disk.bytes(start..<(start + 4096))
            guard let superblock = ExtSuperblock(parsing: head),
                superblock.leavesBlackBox(in: place.range.count)
            else { return "Its file system leaves no room for a black box." }
            let ring = (place.range.upperBound - BlackBoxLayout.size)..<place.range.upperBound
            guard try disk.bytes(ring).allSatisfy({ $0 == 0 }) else { return nil }
            let device = try BlackBoxDevice(
                opening: place.disk,
                partition: place.range,
                for: .both
            )
            try BlackBoxRing.format(device)
            return nil
        } catch {
            return "Its black box cannot be used: \(Provisioning.words(error, place.disk))."
        }
    }
}
