import SlotsDisk
import SlotsLayout
import Syscalls

// The words for what is wrong with a disk.

extension DiskError {
    var words: String {
        switch self {
        case .busy(let path): "another program is writing \(path)"
        case .inUse(let path): "\(path) is in use"
        case .isPartition(let path): "expected a whole disk, \(path) is a partition"
        case .notADisk(let path, let kind):
            "expected a block device or a plain file, \(path) is a \(kind.rawValue)"
        case .sectorSize(let path, let found):
            "expected sectors of 512 or 4096 bytes, \(path) has \(found)"
        case .outside(let path, let range, let size):
            "bytes \(range.lowerBound) to \(range.upperBound) are not in \(path) of \(size) bytes"
        case .failed(let path, let error): "\(path): \(error)"
        }
    }
}

extension LayoutError {
    var words: String {
        switch self {
        case .diskTooSmall(let size, let needed):
            "expected \(needed) bytes for these slots, found \(size)"
        case .slotSize(let size): "expected slots of whole MiB, found \(size) bytes"
        case .inUse(let path): "\(path) is in use"
        case .disk(let error): error.words
        case .fdisk(let step, let code): "its table: \(step.rawValue): \(Errno(code))"
        case .kernelNotTold(let number, let error):
            "the kernel did not take note of partition \(number): \(error)"
        case .noTable, .primaryDamaged, .missing, .ambiguous, .wrongType, .wrongNumber,
            .overlapping, .beyondEnd, .unequalSlots, .noRoomToGrow:
            "its new table does not read back as it was written"
        }
    }
}

extension LoaderError {
    var words: String {
        switch self {
        case .device(let error): "\(error.operation) at byte \(error.offset): \(Errno(error.code))"
        case .tooLarge(let size, let limit): "expected at most \(limit) bytes, found \(size)"
        case .notALoader: "expected a program for the firmware, found something else"
        case .signedButNotWhole(let size, let capacity):
            "it is signed, so it must be padded to \(capacity) bytes before, found \(size)"
        case .damaged(let reason): reason
        case .missing(let file): "\(file) is missing"
        case .notInOneSector, .chainTooShort, .crossLinked, .notAsWritten:
            "the system partition does not read back as it was written"
        }
    }
}
