import InitLink
import Synchronization

/// The logs of all services and our own, by name; made once, so that any thread may read them.
final class LogRings: Sendable {
    /// What the first process itself says.
    static let own = "init"

    let own = LogRing(byteLimit: 256 << 10, lineLimit: 4000)
    private let rings: Mutex<[String: LogRing]> = Mutex([:])

    /// The ring of a service, made when it is first asked for.
    func ring(for service: String) -> LogRing {
        rings.withLock { rings in
            if let ring = rings[service] { return ring }
            let ring = LogRing(byteLimit: 256 << 10, lineLimit: 4000)
            rings[service] = ring
            return ring
        }
    }

    /// `nil` when there is no such log.
    func existing(_ name: String) -> LogRing? {
        name == Self.own ? own : rings.withLock { $0[name] }
    }
}
