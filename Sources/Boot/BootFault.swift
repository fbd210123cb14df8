import Slots
import SlotsDisk
import Syscalls
import Trust

/// Why a boot cannot go on: the check that failed, as the next boot will be told, and the reason.
struct BootFault: Error, Sendable, Hashable {
    /// A short word, the same for the same kind of failure: `disk`, `trailer`, `verity` and so on.
    let check: String
    /// A half sentence whose subject is what was checked.
    let reason: String

    init(_ check: String, _ reason: String) {
        self.check = check
        self.reason = reason
    }

    static func disk(_ error: DiskError) -> BootFault { BootFault("disk", error.sentence) }

    static func device(_ error: DeviceError, of slot: Slot) -> BootFault {
        BootFault(
            "disk",
            "slot \(slot) cannot be read at byte \(error.offset): \(Errno(error.code))"
        )
    }

    /// What lies in the slot is not a release that this trust believes.
    static func content(_ content: SlotContent, of slot: Slot) -> BootFault {
        let what =
            switch content {
            case .empty: "it is empty"
            case .partial: "it holds no file system"
            case .unknown(let distrust):
                distrust.map(\.words) ?? "its trailer makes no sense"
            case .whole: "it is whole"
            }
        return BootFault("trailer", "slot \(slot) is refused: \(what)")
    }

    static func trust(_ error: TrustDirectoryError) -> BootFault {
        BootFault("trust", "/etc/keel/trust: \(error.words)")
    }
}
