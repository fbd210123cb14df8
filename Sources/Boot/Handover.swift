import Slots

/// What the first stage tells the second: `/run/keel/boot.json`, flat JSON.
struct Handover: Sendable, Hashable {
    static let path = "/run/keel/boot.json"

    let facts: BootFacts
    /// The whole disk's node, such as `/dev/vda`.
    let disk: String
    /// Of the release that runs.
    let version: String
    let digest: Digest
    /// Things somebody should look at, a sentence each.
    let warnings: [String]

    init(facts: BootFacts, disk: String, version: String, digest: Digest, warnings: [String]) {
        self.facts = facts
        self.disk = disk
        self.version = version
        self.digest = digest
        self.warnings = warnings
    }

    /// `nil` for what is no handover.
    init?(parsing bytes: [UInt8]) {
        guard let members = (try? FlatJSON(parsing: bytes))?.members,
            case .text(let slotName) = members["slot"],
            let slot = Slot.allCases.first(where: { $0.description == slotName }),
            case .text(let state) = members["state"],
            case .text(let partition) = members["partition"],
            case .text(let disk) = members["disk"],
            case .text(let version) = members["version"],
            case .text(let hex) = members["digest"], let digest = Digest(hex: hex)
        else { return nil }
        facts = BootFacts(slot: slot, state: state, partition: partition)
        self.disk = disk
        self.version = version
        self.digest = digest
        if case .list(let warnings) = members["warnings"] {
            self.warnings = warnings
        } else {
            warnings = []
        }
    }

    func encoded() -> [UInt8] {
        var object = FlatJSONWriter()
        object.add("slot", facts.slot.description)
        object.add("state", facts.state)
        object.add("partition", facts.partition)
        object.add("disk", disk)
        object.add("version", version)
        object.add("digest", digest.hex)
        object.add("warnings", warnings)
        return object.lines(separator: ",\n", open: "{\n", close: "\n}\n")
    }
}
