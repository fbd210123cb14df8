/// How a call ends. A stream has sent its bytes before.
struct Answer: Sendable {
    let bytes: [UInt8]?
    let failure: CallFailure?
}

/// What happens to a call between the wire and the service.
struct Reception: Sendable {
    /// By path; of an open door all of them, and `openMethods` tells which exist there.
    let methods: [String: Method]
    /// Names of `NodeService`'s methods that an open door has; nil: a mutual door.
    let openMethods: Set<String>?
    let gate: any CallGate

    static let retired = CallFailure(
        .notAuthenticated,
        "the node's client CA was changed since this connection was made: connect again"
    )

    func serve(_ served: ServedCall, _ isCurrent: @Sendable () -> Bool) async -> Answer {
        let call = Call(
            id: served.id,
            method: Call.method(at: served.path),
            peer: served.peer,
            begun: served.begun
        )
        var bytes: [UInt8]?
        var failure: CallFailure?
        do {
            bytes = try await answer(served, call, isCurrent)
            // A stream that ended because it had to may look as if it had nothing more to say.
            failure = served.verdict
        } catch {
            failure = served.ending ?? error
        }
        gate.ended(call, request: served.request, failure: failure)
        return Answer(bytes: bytes, failure: failure)
    }

    /// The order is: is there such a method at this door, is the connection still good, may this
    /// client, is the request within its limits, and only then the service.
    private func answer(
        _ served: ServedCall,
        _ call: Call,
        _ isCurrent: @Sendable () -> Bool
    ) async throws(CallFailure) -> [UInt8]? {
        let method = methods[served.path]
        if let refusal = refusalOfOpenDoor(method, call) { throw refusal }
        // Marked before it is asked, so that a change in between finds the stream.
        if method?.isStream == true {
            served.markAsStream { () throws(CallFailure) in try gate.review(call) }
        }
        guard isCurrent() else { throw Self.retired }
        try gate.admit(call)
        guard let method else {
            throw CallFailure(code: .unimplemented, "there is no method \(call.method)")
        }
        return try await method.serve(served, call)
    }

    /// What an open door does not have: nearly everything.
    private func refusalOfOpenDoor(_ method: Method?, _ call: Call) -> CallFailure? {
        guard let openMethods else { return nil }
        guard let method else {
            return CallFailure(code: .unimplemented, "there is no method \(call.method)")
        }
        guard !openMethods.contains(method.name), !call.method.contains("/") else { return nil }
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .notBootstrapped
        detail.sentence = "\(method.name) needs a node that was bootstrapped"
        return CallFailure(code: .unimplemented, detail)
    }
}
