import Synchronization

/// What a server shows of itself, and whom it believes. PEM, all of it.
public struct ServerIdentity: Sendable, Equatable {
    /// The certificate, then those that signed it.
    public var certificate: [UInt8]
    public var key: [UInt8]
    /// The certificates that may sign clients'; nil: there is no such.
    public var clientCA: [UInt8]?

    public init(certificate: [UInt8], key: [UInt8], clientCA: [UInt8]?) {
        self.certificate = certificate
        self.key = key
        self.clientCA = clientCA
    }
}

/// The identity that servers use, which can be replaced while they run.
///
/// A new certificate and key are shown at the next handshake; connections that are there go on. A
/// new client CA is another matter: a connection that shook hands under the old one must not go on
/// as if nothing had happened. When `replace` returns, no call on such a connection is accepted any
/// more: streams end with UNAUTHENTICATED, unary calls that were admitted may finish, and clients
/// are told to connect anew.
///
/// What a server cannot use (no PEM, a key of another certificate, no client CA at the mutual door)
/// leaves it as it was; the core's log says so.
public final class IdentityStore: Sendable {
    private struct State {
        var identity: ServerIdentity
        var version: UInt64 = 1
        var followers: [UInt64: @Sendable (ServerIdentity) -> Void] = [:]
        var nextFollower: UInt64 = 0
    }

    private let state: Mutex<State>
    /// One replacement after the other.
    private let order = Mutex(())

    public init(_ identity: ServerIdentity) {
        state = Mutex(State(identity: identity))
    }

    public func replace(_ identity: ServerIdentity) {
        order.withLock { _ in
            let followers = state.withLock { state in
                state.identity = identity
                state.version += 1
                return Array(state.followers.values)
            }
            for follow in followers { follow(identity) }
        }
    }

    /// The identity in force and its number, which rises with each replacement.
    var current: (identity: ServerIdentity, version: UInt64) {
        state.withLock { ($0.identity, $0.version) }
    }

    /// Has `body` called with every new identity before `replace` returns, until it is removed.
    func follow(_ body: @escaping @Sendable (ServerIdentity) -> Void) -> UInt64 {
        state.withLock { state in
            state.nextFollower += 1
            state.followers[state.nextFollower] = body
            return state.nextFollower
        }
    }

    func unfollow(_ number: UInt64) {
        state.withLock { _ = $0.followers.removeValue(forKey: number) }
    }
}
