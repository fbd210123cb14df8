// What a disk or its boot loader refused, in words: for every program that has to say it.

extension DiskError {
    public var sentence: String {
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

extension LoaderError {
    public var words: String {
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
        case .crossLinked: "its spare file lies where another file or a folder does"
        case .notAsWritten(let afterSwap):
            "what was read back is not what was written"
                + (afterSwap ? " after the swap" : "; the old loader is still in force")
        }
    }
}
