import API
import Slots

/// What a node tells its cluster of its releases as Events, from its history: once each, whatever
/// restarts come between. Pure.
///
/// | history | Event | type |
/// |--|--|--|
/// | a release was confirmed | `Upgraded`, after a rollback `RolledBack` | Normal |
/// | a release was given up, and the other one runs | `RolledBack` | Warning |
/// | a release was given up for what it did | `Quarantined` | Warning |
struct NodeTidings: Sendable, Hashable {
    struct Event: Sendable, Hashable {
        enum Kind: String, Sendable, Hashable {
            case normal = "Normal"
            case warning = "Warning"
        }

        /// One word, for programs.
        let reason: String
        let kind: Kind
        /// A sentence.
        let message: String
        /// When it happened; `nil` when the clock was not known.
        let time: Timestamp?
        /// The line of the history that it tells.
        let mark: String
    }

    /// What is to be told, oldest first.
    let events: [Event]
    /// The last line that is told with these; `nil` when there is no history.
    let mark: String?

    /// More than this are not told at once: a cluster does not need an old node's whole life.
    static let limit = 16

    /// `told`: the mark of the time before; `nil` when nothing was ever told, and the past is not
    /// this cluster's. `why`: what the node knows of the failure of a release in a slot.
    init(
        _ history: [HistoryEntry],
        told: String?,
        running version: String,
        why: (HistoryEntry) -> String?
    ) {
        mark = history.last.map(Self.mark)
        guard let told else {
            events = []
            return
        }
        // A line that is not there any more was among the oldest, which go first.
        let start = history.lastIndex { Self.mark($0) == told }.map { $0 + 1 } ?? 0
        var events: [Event] = []
        for index in history.indices.dropFirst(start) {
            events += Self.events(history, at: index, running: version, why: why)
        }
        self.events = events.suffix(Self.limit)
    }

    /// A line among others: the same line twice in one boot is one event.
    static func mark(_ entry: HistoryEntry) -> String {
        [
            entry.moment.time?.description ?? "", entry.moment.bootID ?? "", entry.event.rawValue,
            entry.slot.description, entry.digest.hex,
        ].joined(separator: " ")
    }

    private static func events(
        _ history: [HistoryEntry],
        at index: Int,
        running version: String,
        why: (HistoryEntry) -> String?
    ) -> [Event] {
        let entry = history[index]
        let release = "release \(entry.version) in slot \(entry.slot)"
        func event(_ reason: String, _ kind: Event.Kind, _ message: String) -> Event {
            Event(
                reason: reason,
                kind: kind,
                message: message,
                time: entry.moment.time,
                mark: mark(entry)
            )
        }
        switch entry.event {
        case .confirm:
            let began = history[..<index].last {
                $0.slot == entry.slot && [.activate, .rollback].contains($0.event)
            }
            let isBack = began?.event == .rollback
            let message =
                "\(isBack ? "Back on" : "Now runs") \(release): it is healthy and trusted."
            return [event(isBack ? "RolledBack" : "Upgraded", .normal, message)]
        case .fail:
            let cause = why(entry).map { ": \($0)" } ?? ""
            let word = entry.reason?.rawValue ?? "unknown"
            var events = [
                event(
                    "RolledBack",
                    .warning,
                    "Gave up \(release) (\(word))\(cause); runs \(version)."
                )
            ]
            if entry.reason != .operator {
                let message = "\(release) is not tried again unasked (\(word))."
                events.append(
                    event(
                        "Quarantined",
                        .warning,
                        message.prefix(1).uppercased() + message.dropFirst()
                    )
                )
            }
            return events
        case .install, .activate, .rollback, .cancel: return []
        }
    }
}
