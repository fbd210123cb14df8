import API
import Slots
import Syscalls

/// Looks at one node until something has come of what was asked, or the time is over.
struct Waiter {
    static let pause: Duration = .seconds(1)
    private static let look: Duration = .seconds(60)
    private static let farewell: Duration = .seconds(10)
    /// A new connection and one answer, of a node that starts and has little time for either.
    private static let glance: Duration = .seconds(10)

    let session: NodeSession
    let deadline: ContinuousClock.Instant
    let progress: ProgressPrinter

    init(_ session: NodeSession, timeout: Duration) {
        self.session = session
        deadline = .now + timeout
        progress = ProgressPrinter(prefix: session.isAlone ? "" : "\(session.endpoint): ")
    }

    private var left: Duration { deadline - .now }

    /// The last that was seen of an operation, and whether the node answers.
    struct Watched {
        var operation: Keel_V1_Operation
        var isSilent = false
    }

    /// Follows an operation until it has ended, the node restarts or the time is over.
    ///
    /// A line that breaks is taken up again: the operation lives on the node. One that only fell
    /// silent looks the same as a node without news, so each look lasts a minute at most.
    func operation(_ first: Keel_V1_Operation) async throws(CommandError) -> Watched {
        let last = Latest(Watched(operation: first))
        while !last.value.operation.hasEnded, left > .zero {
            // Whether the restart is refused shows within moments; a machine that goes says
            // nothing.
            let restarts = last.value.operation.phase == .rebooting
            let limit = min(left, restarts ? Self.farewell : Self.look)
            do throws(CommandError) {
                try await watch(last, limit, leavingAtRestart: !restarts)
            } catch {
                guard case .call(let failure, _) = error, failure.isPassing else { throw error }
                if !restarts, failure.code == .unavailable { note(silence: last) }
            }
            if restarts { break }
            if !last.value.operation.hasEnded, last.value.operation.phase != .rebooting {
                await rest()
            }
        }
        progress.end()
        return last.value
    }

    /// Says once that nobody answers. What the operation does meanwhile, nobody can tell.
    private func note(silence last: Latest<Watched>) {
        guard !last.value.isSilent else { return }
        last.value.isSilent = true
        progress.say("the node does not answer; trying again")
    }

    /// What was seen stays in `last`, however the stream ends.
    private func watch(
        _ last: Latest<Watched>,
        _ limit: Duration,
        leavingAtRestart leaves: Bool
    ) async throws(CommandError) {
        var request = Keel_V1_WatchOperationRequest()
        request.id = last.value.operation.id
        let (asked, progress) = (request, progress)
        let fresh = try session.anew()
        defer { fresh.close() }
        try await fresh.call { (client) throws(CallFailure) in
            try await client.watchOperation(asked, timeout: limit) {
                (message) throws(CallFailure) in
                progress.show(message.operation)
                last.value = Watched(operation: message.operation)
                if leaves, message.operation.phase == .rebooting { throw .cancelled }
            }
        }
    }

    /// Looks at the node across a restart until `goal` is reached or missed.
    func restart(_ goal: Waiting.Goal) async -> Waiting.Ending {
        var waiting = Waiting(goal)
        var said = ""
        while true {
            let observation = left > .zero ? await look() : .timeOver
            switch waiting.see(observation) {
            case .ended(let ending): return await withReason(ending, goal)
            case .again(let words):
                if words != said { progress.say(words) }
                said = words
                await rest()
            }
        }
    }

    /// Over a new connection: the old one may belong to the boot that ended.
    private func look() async -> Waiting.Observation {
        do throws(CommandError) {
            let fresh = try session.anew()
            defer { fresh.close() }
            let status = try await fresh.call { (client) throws(CallFailure) in
                try await client.getStatus(.init(), timeout: Self.glance)
            }
            return .status(Waiting.Seen(status))
        } catch {
            return .silence
        }
    }

    /// The history tells why a release was given up.
    private func withReason(
        _ ending: Waiting.Ending,
        _ goal: Waiting.Goal
    ) async -> Waiting.Ending {
        guard case .rolledBack(let wanted, let running, _) = ending else { return ending }
        do throws(CommandError) {
            let fresh = try session.anew()
            defer { fresh.close() }
            let history = try await fresh.call { (client) throws(CallFailure) in
                try await client.getHistory(.init(), timeout: NodeSession.patience)
            }
            let entry = history.entries.last { $0.event == "fail" && $0.digest == goal.digest }
            return .rolledBack(wanted: wanted, running: running, reason: entry?.reason ?? "")
        } catch {
            return ending
        }
    }

    private func rest() async { await Self.rest(min(Self.pause, max(left, .zero))) }

    /// Cut short only in a cancelled task, which ends soon by itself.
    static func rest(_ duration: Duration) async {
        do { try await Task.sleep(for: duration) } catch {}
    }
}

/// The newest value of a stream, between one task and its own callbacks.
private final class Latest<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}

extension CallFailure {
    /// The line or the agent, not the question: worth asking again.
    var isPassing: Bool {
        switch code {
        case .unavailable, .cancelled, .deadlineExceeded, .unknown: true
        default: false
        }
    }
}
