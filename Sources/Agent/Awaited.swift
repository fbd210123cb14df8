import Synchronization

/// What the running trial waits for, as the health gate found it last; `nil` when no trial is
/// watched. Whoever asks for the status does not make the checks anew.
final class Awaited: Sendable {
    private let found = Mutex<[String]?>(nil)

    var names: [String]? {
        get { found.withLock { $0 } }
        set { found.withLock { $0 = newValue } }
    }
}
