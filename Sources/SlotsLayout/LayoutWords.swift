import SlotsDisk

// Half sentences without a subject, so that each program can begin with what it was about.

extension LayoutError {
    public var words: String {
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
