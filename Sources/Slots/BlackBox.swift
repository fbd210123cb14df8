/// What a boot leaves behind for the next one, whichever slot that runs: the shape of the ring at
/// the end of the data partition, outside of its file system.
///
/// The ring is the partition's last MiB: 16 places of 64 KiB, one for each boot. A place has 16
/// sealed blocks of 4096 bytes:
///
/// | blocks | what |
/// |--|--|
/// | 0, 1 | the boot's `BootEntry`, written in turn: one of them is always whole |
/// | 2, 3 | the end of its text, in turn |
/// | 4...15 | the newest whole parts of its text: part n is in block 4 + n modulo 12 |
///
/// Every block names its boot, so what an older boot left in a place is never taken for a newer
/// one's.
public enum BlackBoxLayout {
    public static let placeCount = 16
    public static let blockCount = 16
    public static let placeSize = blockCount * SealedBlock.size
    /// Bytes of the whole ring: 1 MiB.
    public static let size = placeCount * placeSize
    public static let entryBlocks = 0..<2
    public static let endBlocks = 2..<4
    public static let partBlocks = 4..<blockCount

    public static func partBlock(_ part: Int) -> Int {
        partBlocks.lowerBound + part % partBlocks.count
    }
}

/// How far a boot came, in order.
public enum BootStage: String, Sendable, Hashable, CaseIterable, Comparable {
    /// The first instruction of ours: firmware, boot loader and kernel did their part.
    case firmware
    case modules
    case slot
    case verity
    case `switch`
    case mounts
    case data
    case network
    case clock
    case services
    /// The agent answers.
    case agent
    /// The health gate said yes.
    case healthy

    public static func < (one: Self, other: Self) -> Bool { one.position < other.position }

    private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What is known of one boot. Texts that are too long are cut when they are written.
public struct BootEntry: Sendable, Hashable {
    /// Counts the boots of this node; `BlackBoxRing.begin` gives it.
    public var number = 0
    /// The kernel's name of the boot (`/proc/sys/kernel/random/boot_id`).
    public var bootID: String
    public var slot: Slot
    /// The boot loader's word: `good`, `trial3`, `trial2`, `trial1`, `lastresort`.
    public var state: String
    public var version = ""
    /// The release's; `nil` as long as its manifest was not read.
    public var digest: Digest?
    /// Which try of a trial this is, from 1; 0 when the slot is not on trial.
    public var attempt = 0
    public var stage = BootStage.firmware
    public var started: Timestamp?
    public var updated: Timestamp?
    /// The check that failed, or "".
    public var failed = ""
    /// Somebody ended this boot in order; `reason` says who.
    public var wasEnded: Bool { failed.isEmpty && !reason.isEmpty }
    /// Why, in words, or "".
    public var reason = ""

    public init(bootID: String, slot: Slot, state: String) {
        self.bootID = bootID
        self.slot = slot
        self.state = state
    }

    /// `nil` for what is no entry of this version.
    public init?(parsing content: [UInt8]) {
        guard let members = (try? FlatJSON(parsing: content))?.members else { return nil }
        func text(_ key: String) -> String? {
            if case .text(let text) = members[key] { text } else { nil }
        }
        func number(_ key: String) -> Int? {
            if case .number(let number) = members[key] { number } else { nil }
        }
        guard let bootID = text("bootId"), Self.isBootID(bootID), let state = text("state"),
            let slot = Slot.allCases.first(where: { $0.description == text("slot") }),
            let stage = text("stage").flatMap(BootStage.init(rawValue:)),
            let count = number("number"), let attempt = number("attempt")
        else { return nil }
        self.init(bootID: bootID, slot: slot, state: state)
        self.number = count
        self.attempt = attempt
        self.stage = stage
        version = text("version") ?? ""
        digest = text("digest").flatMap(Digest.init(hex:))
        started = text("started").flatMap(Timestamp.init)
        updated = text("updated").flatMap(Timestamp.init)
        failed = text("failed") ?? ""
        reason = text("reason") ?? ""
    }

    /// Takes over what the same boot said before and this entry does not say: number and start,
    /// a later stage, a failure.
    public mutating func goOn(from earlier: BootEntry) {
        number = earlier.number
        started = earlier.started ?? started
        stage = max(earlier.stage, stage)
        if version.isEmpty { version = earlier.version }
        digest = digest ?? earlier.digest
        if failed.isEmpty { (failed, reason) = (earlier.failed, earlier.reason) }
    }

    /// 1 to 64 letters, digits and `._+-`.
    public static func isBootID(_ text: String) -> Bool { Manifest.isWord(text) }

    /// One flat JSON object; `revision` rises with each time it is written.
    ///
    /// Fits a `SealedBlock` whatever the texts are.
    public func encoded(revision: Int) -> [UInt8] {
        var object = FlatJSONWriter()
        object.add("number", number)
        object.add("revision", revision)
        object.add("bootId", bootID)
        object.add("slot", slot.description)
        object.add("state", state.cut(to: 16))
        object.add("version", version.cut(to: 64))
        object.add("digest", digest?.hex)
        object.add("attempt", attempt)
        object.add("stage", stage.rawValue)
        object.add("started", started?.description)
        object.add("updated", updated?.description)
        object.add("failed", failed.cut(to: 48))
        object.add("reason", reason.cut(to: 384))
        return object.lines(separator: ", ", open: "{", close: "}\n")
    }

    /// How often an entry was written before; `nil` for what is no entry.
    public static func revision(of content: [UInt8]) -> Int? {
        guard case .number(let revision) = (try? FlatJSON(parsing: content))?.members["revision"]
        else { return nil }
        return revision
    }
}

extension String {
    /// The longest beginning that has at most `byteCount` bytes and cuts no scalar.
    func cut(to byteCount: Int) -> String {
        guard utf8.count > byteCount else { return self }
        var result = ""
        var used = 0
        for scalar in unicodeScalars {
            used += UTF8.width(scalar)
            if used > byteCount { break }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
