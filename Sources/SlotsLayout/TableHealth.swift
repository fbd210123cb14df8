import SlotsDisk

/// How sound the two copies of a disk's partition table are.
public enum TableHealth: Sendable, Hashable {
    /// Both copies are where they belong and say what their checksums say.
    case whole
    /// What was read comes from the backup.
    case primaryDamaged
    /// What was read comes from the primary.
    case backupDamaged
    /// Both are sound, but the disk is larger than when they were made.
    case backupNotAtEnd

    /// `nil` when neither copy is sound.
    init?(of disk: Disk) throws(LayoutError) {
        let last = disk.size / disk.sectorSize - 1
        let primary = try TableHeader(on: disk, at: 1)
        // A primary says where its backup is; without one it is at the end or nowhere.
        let backup = try TableHeader(on: disk, at: primary?.other ?? last)
        switch (primary, backup) {
        case (let primary?, _?): self = primary.other == last ? .whole : .backupNotAtEnd
        case (_?, nil): self = .backupDamaged
        case (nil, _?): self = .primaryDamaged
        case (nil, nil): return nil
        }
    }
}

extension TableHeader {
    /// `nil` when there is no such sector, no header in it, or a checksum is wrong.
    fileprivate init?(on disk: Disk, at sector: Int) throws(LayoutError) {
        let size = disk.sectorSize
        guard sector > 0, sector < disk.size / size else { return nil }
        self.init(
            try disk.content((sector * size)..<((sector + 1) * size)),
            sector: sector
        )
        guard entries.upperBound <= disk.size, isMade(for: try disk.content(entries)) else {
            return nil
        }
    }
}

extension Disk {
    fileprivate func content(_ range: Range<Int>) throws(LayoutError) -> [UInt8] {
        do { return try bytes(range) } catch { throw .disk(error) }
    }
}
