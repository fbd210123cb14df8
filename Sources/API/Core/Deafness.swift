import Synchronization

/// Tells servers when the core has stopped to accept connections.
///
/// The core gives a port up for good at the first `accept4(2)` that fails, as it does when the
/// process has no descriptor left (EMFILE). The socket stays, so clients connect and never get an
/// answer. Its log is the only place that tells, and it does not say which port: all who follow
/// hear of it.
enum Deafness {
    /// How the core's line begins.
    static let mark = "Failed accept"

    private struct State {
        var followers: [UInt64: @Sendable (String) -> Void] = [:]
        var next: UInt64 = 0
    }

    private static let state = Mutex(State())

    /// Has `body` called with the core's words, until it is removed.
    static func follow(_ body: @escaping @Sendable (String) -> Void) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.followers[state.next] = body
            return state.next
        }
    }

    static func unfollow(_ number: UInt64) {
        state.withLock { _ = $0.followers.removeValue(forKey: number) }
    }

    /// Looks at a line of the core's log.
    static func read(_ line: String) {
        guard line.hasPrefix(mark) else { return }
        // The core holds locks while it logs, so nothing that calls it may run here.
        Task {
            for follower in state.withLock({ Array($0.followers.values) }) { follower(line) }
        }
    }
}
