import Slots
import SlotsLayout

/// What the boot loader told the kernel: `keel.slot`, `keel.state` and `keel.partuuid`.
struct CommandLine: Sendable, Hashable {
    let slot: Slot?
    /// `good`, `trial3`, `trial2`, `trial1` or `lastresort`.
    let state: String?
    let partition: GUID?
    /// What the boot loader said, whatever became of it since.
    private let told: GUID?

    /// Reads `/proc/cmdline`. A word that makes no sense is no word.
    ///
    /// `renamed` is what `keel-provision` left for this boot when it gave the partitions other
    /// identities: `OLD NEW`.
    init(_ text: String, renamed: String = "") {
        var words: [Substring: Substring] = [:]
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            guard let equals = word.firstIndex(of: "=") else { continue }
            words[word[..<equals]] = word[word.index(after: equals)...]
        }
        slot = Slot.allCases.first { "\($0.recordName)" == words["keel.slot"] ?? "" }
        state = words["keel.state"].map(String.init)
        let named = words["keel.partuuid"].flatMap { GUID(String($0)) }
        let ids = renamed.split(separator: " ").map { GUID(String($0)) }
        partition = ids.count == 2 && ids[0] == named ? ids[1] : named
        told = named
    }

    /// Why the running slot runs, when the machine booted from the disk with this layout.
    ///
    /// A disk whose slot is not the partition the boot loader named lies on a workbench.
    func reason(on layout: Layout) -> BootReason {
        guard let slot, let state, [partition, told].contains(layout.slots[slot].id) else {
            return .offline
        }
        return .booted(slot, state: state)
    }
}

/// How the machine came to run the slot it runs.
enum BootReason: Sendable, Hashable {
    case offline
    case booted(Slot, state: String)

    /// For the engine.
    var boot: Boot {
        switch self {
        case .offline: .offline
        case .booted(let slot, let state): .running(slot, lastResort: state == "lastresort")
        }
    }
}
