/// The boot record as three verbs. Each is one atomic, durable change of what boots next.
public protocol BootLoader: AnyObject {
    /// The copies as they are on the medium now.
    func copies() -> RecordCopies

    /// Takes away the right of `slot` to boot. Preference goes to the other slot, whose own state
    /// does not change.
    ///
    /// Returns only when every copy says so and was read back.
    func revoke(_ slot: Slot, as verdict: Verdict) throws(BootLoaderError)

    /// Prefers `slot` for `attempts` boots. The other slot's state does not change.
    func arm(_ slot: Slot, attempts: Int) throws(BootLoaderError)

    /// Trusts and prefers `slot`. The other slot's state does not change, unless `closing` it,
    /// because its release is below the epoch floor.
    func trust(_ slot: Slot, closing: Bool) throws(BootLoaderError)

    /// Makes all copies agree with the record in force. Changes nothing about what boots next.
    func repair() throws(BootLoaderError)
}

/// What a revoked slot is remembered as.
public enum Verdict: Sendable, Hashable {
    case none
    case failed

    var state: SlotState { self == .none ? .none : .failed }
}

/// Why the boot record could not be changed.
public enum BootLoaderError: Error, Sendable, Hashable {
    /// Every copy is lost: nothing says what may be kept.
    case noRecord
    /// These copies could not be written or did not read back. `inForce` tells whether the change
    /// is what the firmware will read.
    case copiesFailed([Int], inForce: Bool)
    /// The verb would leave no slot that is trusted.
    case nothingTrustedLeft
    /// The sequence number cannot be raised any further.
    case exhausted
}
