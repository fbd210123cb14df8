public import Slots

extension Keel_V1_BootAccount {
    /// A boot as the black box has it, with up to `lineCount` lines of its text.
    public init(_ entry: BootEntry, text: [UInt8], lineCount: Int, currentBoot: String) {
        self.init()
        number = UInt64(clamping: entry.number)
        bootID = entry.bootID
        slot = entry.slot.description
        state = entry.state
        version = entry.version
        digest = entry.digest?.hex ?? ""
        attempt = UInt32(clamping: entry.attempt)
        stage = entry.stage.rawValue
        started = Int64(entry.started?.seconds ?? 0)
        updated = Int64(entry.updated?.seconds ?? 0)
        failed = entry.failed
        reason = entry.reason
        lines = BootText.lines(of: text, about: entry.failed, count: lineCount)
        current = entry.bootID == currentBoot
    }
}
