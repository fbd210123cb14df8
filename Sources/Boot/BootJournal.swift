import Slots

/// What a boot leaves behind for the next one: the black box, if there is one yet.
///
/// Nothing here stops a boot: what cannot be kept is not kept.
protocol BootJournal: AnyObject {
    /// Takes this boot's place in the ring of the data partition at `range` of the disk.
    func begin(on disk: String, partition: Range<Int>, _ facts: BootFacts)
    /// Says which release runs.
    func name(version: String, digest: Digest)
    func reach(_ stage: BootStage)
    /// Adds lines, durable with the next `save`, `reach` or `fail`.
    func note(_ lines: [String])
    /// Adds the last lines of a kernel that panicked to the account of the boot before.
    func notePanic(_ lines: [String])
    func save()
    func fail(_ check: String, _ reason: String)
    /// Says who ended this boot, in order and with nothing wrong.
    func end(_ reason: String)
    /// How many boots of the slot in a row, before this one, were good and never became healthy.
    func unhealthyBoots(of slot: Slot) -> Int
}

/// The timer that restarts the machine unless it is fed.
protocol Timer: AnyObject {
    /// Starts it; false when there is none.
    func arm(seconds: Int) -> Bool
    func feed()
}
