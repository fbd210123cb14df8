import Slots
import SlotsDisk
import SlotsLayout
import Trust

// What was refused or failed, on what, expected and found. What is still true is `Truth`'s to add.

extension CommandError {
    var sentence: String {
        switch self {
        case .file(let verb, let path, let error): "could not \(verb) \(path): \(error)."
        case .trust(let path, let error): "\(path) is refused as a trust folder: \(error.words)."
        case .disk(let error): error.sentence
        case .layout(let path, .disk(let error)): "\(path): \(error.sentence)"
        case .layout(let path, let error): "\(path) is refused: \(error.words)."
        case .update(.source(.malformed(.trailing(size: 0, _)))):
            "the bundle is refused: it is empty; a release is a file ending in .keel."
        case .update(let error) where error.isQuarantine:
            "\(error.sentence.dropLast()); --retry-quarantined accepts it."
        case .update(let error): error.sentence
        case .loader(let error): "the boot loader was not upgraded: \(error.words)."
        case .noLoader(let slot):
            "the loader upgrade is refused: the release in slot \(slot) names no boot loader."
        case .noHistory: "the history is kept in a folder: say --state DIR before the command."
        case .loaderUnread(let slot, let reason):
            "the loader upgrade is refused: the boot loader in slot \(slot)'s root "
                + "(\(LoaderUpgrade.pathInRoot)) could not be read: \(reason)."
        case .wrongLoader(let found, let expected):
            "the loader upgrade is refused: the release signs the boot loader with digest "
                + "\(expected.short), this one has \(found.short)."
        case .option(let name, let found, let expected):
            "\(name) is refused: expected \(expected), found \"\(found)\"."
        }
    }
}

extension UpdateError {
    /// Refused for what became of the release on this node before.
    fileprivate var isQuarantine: Bool {
        if case .distrusted(.quarantined) = self { true } else { false }
    }
}

extension DiskError {
    var sentence: String {
        switch self {
        case .busy(let path): "\(path) is busy: another program is changing it."
        case .inUse(let path): "\(path) is refused: it is mounted or in use on this machine."
        case .isPartition(let path):
            "\(path) is refused: expected a whole disk, found one partition of it."
        case .notADisk(let path, let kind):
            "\(path) is refused: expected a block device or an image file, "
                + "found a \(kind.rawValue)."
        case .sectorSize(let path, let found):
            "\(path) is refused: expected sectors of 512 or 4096 bytes, found \(found)."
        case .outside(let path, let range, let size):
            "\(path) is refused: a partition ends at byte \(range.upperBound), the disk at \(size)."
        case .failed(let path, let error): "\(path) could not be used: \(error)."
        }
    }
}

extension LayoutError {
    var words: String {
        switch self {
        case .noTable(let found):
            "expected a GUID partition table, found \(found.map { "a \($0) table" } ?? "none")"
        case .primaryDamaged(let backupIsSound):
            "its partition table is damaged"
                + (backupIsSound ? "; the backup at its end is sound" : ", and so is the backup")
        case .missing(let name): "it has no partition \(name)"
        case .ambiguous(let name, let numbers):
            "partitions \(numbers.map(String.init).joined(separator: " and ")) are both \(name)"
        case .wrongType(let name, let found, let expected):
            "\(name) has type \(found), expected \(expected)"
        case .wrongNumber(let name, let found, let expected):
            "\(name) is partition \(found), the boot loader looks for it as \(expected)"
        case .overlapping(let one, let other): "partitions \(one) and \(other) overlap"
        case .beyondEnd(let number, let end, let size):
            "partition \(number) ends at byte \(end), the disk at \(size)"
        case .unequalSlots(let a, let b): "slot a has \(a) bytes, slot b \(b); they must be equal"
        case .inUse(let path): "\(path) is mounted or in use on this machine"
        case .diskTooSmall(let size, let needed): "it has \(size) bytes, needed are \(needed)"
        case .slotSize(let size): "a slot of \(size) bytes is not a multiple of 1 MiB"
        case .noRoomToGrow: "another partition stands in the way of growing"
        case .disk(let error): error.sentence
        case .fdisk(let step, let code):
            "libfdisk could not \(step.rawValue) the partition table (errno \(code))"
        case .kernelNotTold(let number, let error):
            "the kernel did not take note of partition \(number): \(error)"
        }
    }
}

extension LoaderError {
    var words: String {
        switch self {
        case .device(let error): error.words
        case .damaged(let reason): "the EFI system partition is damaged (\(reason))"
        case .missing(let file): "EFI/BOOT/\(file) is missing"
        case .tooLarge(let size, let limit): "it has \(size) bytes, there is room for \(limit)"
        case .notALoader: "expected an EFI program, found something else"
        case .signedButNotWhole(let size, let capacity):
            "a signed loader must have exactly \(capacity) bytes, this one has \(size)"
        case .notInOneSector: "its two directory entries do not lie in one sector"
        case .chainTooShort(let file, let capacity, let size):
            "\(file) claims \(size) bytes in room for \(capacity)"
        case .crossLinked: "its two files share a cluster"
        case .notAsWritten(let afterSwap):
            "what was read back is not what was written"
                + (afterSwap ? " after the swap" : "; the old loader is still in force")
        }
    }
}

extension TrustDirectoryError {
    var words: String {
        switch self {
        case .noPolicy: "it has no policy.json"
        case .key(let name, let error): "\(name) is no Ed25519 public key (\(error))"
        case .policy(.notFlatJSON(let fault)): "its policy.json \(fault.words)"
        case .policy(.invalid(let field)): "its policy.json has no good \"\(field)\""
        case .policy(.unreachableThreshold(let keys, let threshold)):
            "\(threshold) keys must sign, but it holds \(keys)"
        }
    }
}
