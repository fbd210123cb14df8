import SwiftProtobuf
import Synchronization

@testable import API

/// A gate that keeps its account in memory, and refuses the methods it is told to.
final class Gatekeeper: CallGate {
    struct Entry: Sendable {
        var method: String
        var peer: Peer
        var hasRequest: Bool
        var code: StatusCode
    }

    private struct State {
        var refused: Set<String> = []
        var admitted: [String] = []
        var verdict: CallFailure?
        var entries: [Entry] = []
    }

    private let state = Mutex(State())

    func refuse(_ method: String) { state.withLock { _ = $0.refused.insert(method) } }

    var entries: [Entry] { state.withLock { $0.entries } }
    var admitted: [String] { state.withLock { $0.admitted } }

    func admit(_ call: Call) throws(CallFailure) {
        let isRefused = state.withLock { state in
            state.admitted.append(call.method)
            return state.refused.contains(call.method)
        }
        guard isRefused else { return }
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .denied
        detail.sentence = "\(call.method) needs the role admin"
        detail.needed = .admin
        throw CallFailure(detail)
    }

    /// Streams end with this from now on.
    func end(with verdict: CallFailure) { state.withLock { $0.verdict = verdict } }

    func review(_ call: Call) throws(CallFailure) {
        if let verdict = state.withLock({ $0.verdict }) { throw verdict }
    }

    func ended(_ call: Call, request: (any SwiftProtobuf.Message)?, failure: CallFailure?) {
        let entry = Entry(
            method: call.method,
            peer: call.peer,
            hasRequest: request != nil,
            code: failure?.code ?? .ok
        )
        state.withLock { $0.entries.append(entry) }
    }
}
