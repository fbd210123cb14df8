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
            if found == "ext" { return check(nil) }
            if let found {
                return Answer(.foreign, "\(name) holds \(found) and is not touched.")
            }
            guard try hasBackup() else {
                return Answer(.foreign, "\(name) holds nothing that we know and is not touched.")
            }
            return check(Self.backup)
        } catch {
            throw Provisioning.Stop(.absent, error.sentence)
        }
    }

    private var name: String { "\(Layout.dataName) (\(place.name))" }

    private func check(_ superblock: Int?) -> Answer {
        if isUsed {
            return Answer(.ready, "The data partition \(place.name) is in use: it was not checked.")
        }
        var answer: Answer
        do throws(FileSystemTools.Failure) {
            switch try tools.check(place, superblock: superblock) {
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

    /// Whether a backup of the superblock is where we would have put it.
    private func hasBackup() throws(DiskError) -> Bool {
        let start = place.range.lowerBound + Self.backup * 4096
        guard start + 4096 <= place.range.upperBound - BlackBoxLayout.size else { return false }
        return try disk.bytes(start..<(start + 4096)).has([0x53, 0xEF], at: 56)
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
