/// What happened to a release on this node: one line of the history.
public struct HistoryEntry: Sendable, Hashable {
    public enum Event: String, Sendable, Hashable {
        /// The install began: the slot is about to be revoked.
        case install
        /// The slot is about to be armed for its first try.
        case activate
        /// The release is healthy and about to be trusted.
        case confirm
        /// The release is about to be given up, or was found given up by the firmware.
        case fail
        /// The node is about to go back to this release, on trial.
        case rollback
        /// An armed release is about to be put off.
        case cancel
    }

    /// Why, where there is something to say.
    public enum Reason: String, Sendable, Hashable {
        case unhealthy
        case panicked
        case hung
        case deadline
        case triesUsedUp = "tries_used_up"
        case `operator`
        case unloadable

        /// Whether a release that ended so is not tried again unasked.
        var quarantines: Bool { self != .operator }
    }

    public var moment: Moment
    public var event: Event
    public var slot: Slot
    public var digest: Digest
    public var version: String
    public var reason: Reason?

    public init(
        moment: Moment,
        event: Event,
        slot: Slot,
        digest: Digest,
        version: String,
        reason: Reason?
    ) {
        self.moment = moment
        self.event = event
        self.slot = slot
        self.digest = digest
        self.version = version
        self.reason = reason
    }

    /// `nil` for a line this version cannot read; it is passed over, never deleted.
    public init?(parsing line: [UInt8]) {
        guard let members = (try? FlatJSON(parsing: line))?.members,
            case .text(let event) = members["event"], let event = Event(rawValue: event),
            case .text(let slot) = members["slot"],
            let slot = Slot.allCases.first(where: { $0.description == slot }),
            case .text(let digest) = members["digest"], let digest = Digest(hex: digest),
            case .text(let version) = members["version"]
        else { return nil }
        var moment = Moment()
        if case .text(let time) = members["time"] { moment.time = Timestamp(time) }
        if case .text(let bootID) = members["boot"] { moment.bootID = bootID }
        var reason: Reason?
        if case .text(let text) = members["reason"] { reason = Reason(rawValue: text) }
        self.init(
            moment: moment,
            event: event,
            slot: slot,
            digest: digest,
            version: version,
            reason: reason
        )
    }

    /// The line, without its newline.
    public func encoded() -> [UInt8] {
        var line = FlatJSONWriter()
        line.add("time", moment.time?.description)
        line.add("boot", moment.bootID)
        line.add("event", event.rawValue)
        line.add("slot", slot.description)
        line.add("digest", digest.hex)
        line.add("version", version)
        line.add("reason", reason?.rawValue)
        return line.lines(separator: ", ", open: "{", close: "}")
    }
}

/// When something happened: wall clock and boot, as far as they are known.
public struct Moment: Sendable, Hashable {
    public var time: Timestamp?
    public var bootID: String?

    public init(time: Timestamp? = nil, bootID: String? = nil) {
        self.time = time
        self.bootID = bootID
    }
}

extension [HistoryEntry] {
    /// Digests whose last line is a verdict that keeps them off the node.
    var quarantined: Set<Digest> {
        var last: [Digest: HistoryEntry] = [:]
        for entry in self { last[entry.digest] = entry }
        return Set(
            last.values.filter { $0.event == .fail && $0.reason?.quarantines != false }
                .map(\.digest)
        )
    }
}
