public import Slots

/// This boot's own place in the ring. Used by one thread at a time.
///
/// What is said about a boot never stops it: an error is for the caller to note and pass over,
/// and the next call tries again.
public final class BlackBox {
    public private(set) var entry: BootEntry
    private let ring: BlackBoxRing
    private let place: Int
    private var revision: Int
    private var text: BootText

    init(
        in ring: BlackBoxRing,
        place: Int,
        _ entry: BootEntry,
        revision: Int,
        text: BootText
    ) throws(DeviceError) {
        self.ring = ring
        self.place = place
        self.entry = entry
        self.revision = revision
        self.text = text
        try saveEntry()
    }

    /// Says that the boot came to `stage`; durable when it returns, text included. A stage that
    /// was passed before changes nothing.
    public func reach(_ stage: BootStage, at time: Timestamp?) throws(DeviceError) {
        guard stage > entry.stage else { return }
        entry.stage = stage
        entry.updated = time ?? entry.updated
        try save()
        try saveEntry()
    }

    /// Adds text, kept in memory until `save`, `reach` or `fail`.
    public func note(_ bytes: [UInt8]) { text.add(bytes) }

    /// Makes the text durable; nothing is written when there is no new one.
    public func save() throws(DeviceError) {
        guard let (parts, end) = text.unsaved else { return }
        for part in parts {
            let block = BlackBoxLayout.partBlock(part.part)
            try ring.write(part.encoded(), place: place, block: block)
            // One by one, so that no part comes before the one ahead of it.
            try ring.flush()
        }
        let block = BlackBoxLayout.endBlocks.lowerBound + end.revision % 2
        try ring.write(end.encoded(), place: place, block: block)
        try ring.flush()
        text.saved()
    }

    /// Says which check failed and why; durable when it returns, text included. The first failure
    /// stays: what follows from it is in the text.
    public func fail(_ check: String, _ reason: String, at time: Timestamp?) throws(DeviceError) {
        if entry.failed.isEmpty {
            entry.failed = check
            entry.reason = reason
        }
        entry.updated = time ?? entry.updated
        try saveEntry()
        try save()
    }

    /// Changes what else is known of the boot, such as version and digest; durable when it
    /// returns.
    public func update(_ change: (inout BootEntry) -> Void) throws(DeviceError) {
        var changed = entry
        change(&changed)
        changed.number = entry.number
        changed.bootID = entry.bootID
        guard changed != entry else { return }
        entry = changed
        try saveEntry()
    }

    private func saveEntry() throws(DeviceError) {
        let content = entry.encoded(revision: revision)
        try ring.write(content, place: place, block: revision % BlackBoxLayout.entryBlocks.count)
        try ring.flush()
        revision += 1
    }
}
