import API
import Slots

extension Keel_V1_GetStatusResponse {
    /// What the disk says.
    mutating func describe(_ picture: NodePicture) {
        let node = picture.node
        if let running = node.running, let release = node.contents[running].release {
            version = release.version.description
            digest = release.digest.hex
        }
        slots = Slot.allCases.map { Keel_V1_SlotStatus($0, picture) }
        record = Keel_V1_BootRecord(node.copies)
        running = picture.why == .offline ? "" : node.running?.description ?? ""
        next = node.next?.description ?? ""
        why = Keel_V1_Why(picture)
        standing = Keel_V1_Standing(node.standing)
        if let contract = picture.loaderContract { loaderContract = UInt32(clamping: contract) }
    }
}

extension NodePicture {
    /// What somebody should look at.
    var warnings: [String] {
        var warnings: [String] = []
        if isTableDamaged { warnings.append("A copy of the disk's partition table is damaged.") }
        if node.record == nil { warnings.append("Every copy of the boot record is lost.") }
        for (number, copy) in node.copies.copies.enumerated() where copy.record == nil {
            warnings.append("Copy env\(number) of the boot record is \(copy.word).")
        }
        if node.standing == .lastResort, why != .offline {
            warnings.append("The running slot was booted as the last resort.")
        }
        return warnings
    }
}

extension Keel_V1_SlotStatus {
    init(_ slot: Slot, _ picture: NodePicture) {
        self.init()
        self.slot = slot.description
        content = picture.node.contents[slot].word
        if let release = picture.node.contents[slot].release {
            version = release.version.description
            digest = release.digest.hex
            epoch = UInt64(clamping: release.manifest.epoch)
        }
        size = UInt64(picture.slotSizes[slot])
        let record = picture.node.record?[slot]
        state = record?.recordText ?? ""
        switch record?.grant ?? .forbidden {
        case .trusted: grant = "trusted"
        case .trial(let left):
            grant = "trial"
            attempts = UInt32(left)
        case .forbidden: grant = "forbidden"
        }
    }
}

extension Keel_V1_BootRecord {
    init(_ copies: RecordCopies) {
        self.init()
        if let inForce = copies.inForce {
            sequence = UInt64(inForce.record.sequence)
            source = "\(inForce.source)"
        }
        self.copies = copies.copies.map(\.word)
    }
}

extension Keel_V1_Why {
    init(_ picture: NodePicture) {
        guard case .booted(let slot, let state) = picture.why else {
            self = .offline
            return
        }
        // A good slot that runs because the other one was given up.
        let isFallback = picture.node.record?[slot.other] == .failed
        switch state {
        case "lastresort": self = .lastResort
        case "good": self = isFallback ? .fallback : .preferred
        case "trial1", "trial2", "trial3": self = .trial
        default: self = .unspecified
        }
    }
}

extension Keel_V1_Standing {
    init(_ standing: Standing) {
        switch standing {
        case .trusted: self = .trusted
        case .onTrial: self = .onTrial
        case .lastResort: self = .lastResort
        }
    }
}

extension SlotContent {
    /// As the API names it.
    var word: String {
        switch self {
        case .whole: "whole"
        case .partial: "partial"
        case .unknown: "unknown"
        case .empty: "empty"
        }
    }
}

extension RecordCopies.Copy {
    /// As the API names it.
    var word: String {
        switch self {
        case .whole: "whole"
        case .worn: "worn"
        case .damaged: "damaged"
        case .missing: "missing"
        case .unreadable: "unreadable"
        }
    }
}
