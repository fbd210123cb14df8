import Slots

/// One request and its answer, as they pass through libcurl's callbacks.
final class Exchange {
    let request: Request
    /// What the bytes delivered before came from; `nil` when there were none.
    let known: FileIdentity?
    /// Offset in the file of the next byte to deliver.
    private(set) var position: Int
    /// Bytes delivered by this exchange.
    private(set) var delivered = 0
    private(set) var answer: Answer?
    private(set) var outcome = Outcome.open
    /// The transfer waits for room in the ring, or for `pausedUntil`.
    var isPaused = false
    private(set) var pausedUntil: ContinuousClock.Instant?

    private let isServer: Bool
    private let inlet: Inlet
    private let pacer: Pacer?
    private var fields = HeaderFields()
    /// Bytes at the body's start that were delivered before.
    private var skip = 0
    /// Offset in the file at which the body must end, where known.
    private(set) var bodyEnd: Int?
    /// Where to stop, whatever the body still holds; `nil` for the end of the file.
    private(set) var stop: Int?

    enum Outcome: Sendable, Hashable {
        /// Nothing speaks against it so far.
        case open
        /// All that was wanted came; the rest of the body is of no use.
        case enough
        case dropped
        case later(status: Int)
        case refused(SourceError)
        case cannotResume
    }

    enum Reception: Sendable {
        case taken
        case paused
        case stopped
    }

    init(
        _ request: Request,
        known: FileIdentity?,
        isServer: Bool,
        inlet: Inlet,
        pacer: Pacer?
    ) {
        self.request = request
        self.known = known
        self.isServer = isServer
        self.inlet = inlet
        self.pacer = pacer
        position = request.start
        stop = request.end
    }

    /// The value of `If-Range`: what the part must still be part of.
    var condition: String? {
        guard isServer, !request.isPlain else { return nil }
        return known?.validator?.text
    }

    /// `false` when there is too much of it.
    func receive(field line: Span<UInt8>) -> Bool {
        fields.take(line)
    }

    /// Takes bytes of the body: all, or none of them.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Reception {
        guard beginBody() else { return .stopped }
        let skipped = min(skip, bytes.count)
        var size = bytes.count - skipped
        if let bodyEnd, position + size > bodyEnd {
            outcome = .refused(.changed)
            return .stopped
        }
        if let stop { size = min(size, stop - position) }
        if let pacer, isServer, shouldPause(pacer) { return .paused }
        // Sound: a checked slice of `bytes`, which are valid during this call.
        let wanted = unsafe UnsafeRawBufferPointer(rebasing: bytes[skipped..<(skipped + size)])
        guard unsafe hand(wanted) else { return isPaused ? .paused : .stopped }
        pacer?.took(bytes.count, at: .now)
        skip -= skipped
        position += size
        delivered += size
        if let stop, position == stop, skipped + size < bytes.count {
            outcome = .enough
            return .stopped
        }
        return .taken
    }

    /// Judges an answer whose body was empty, or did not come.
    func finish() {
        _ = beginBody()
    }

    /// Judges the answer before the first byte of its body counts.
    private func beginBody() -> Bool {
        guard answer == nil else { return outcome == .open }
        let answer = isServer ? Answer(fields) : Answer(file: fields, request: request)
        self.answer = answer
        inlet.begin(
            isServer
                ? Traffic(bytes: fields.byteCount, requests: fields.answers)
                : Traffic(requests: 1)
        )
        switch answer.ruling(on: request, known: known) {
        case .take(let skip, let end):
            self.skip = skip
            bodyEnd = end
            // A server that knows no ranges answers the opening request with everything.
            if known == nil, answer.status == 200 { stop = nil }
            if known == nil { learn(answer) }
        case .later(let status): outcome = .later(status: status)
        case .refuse(let error): outcome = .refused(error)
        case .cannotResume: outcome = .cannotResume
        }
        return outcome == .open
    }

    private func learn(_ answer: Answer) {
        inlet.learn(
            BundleFacts(
                total: answer.identity.total,
                acceptsRanges: answer.acceptsRanges,
                isStream: stop == nil
            )
        )
    }

    private func shouldPause(_ pacer: Pacer) -> Bool {
        pausedUntil = pacer.pause(at: .now)
        isPaused = pausedUntil != nil
        return isPaused
    }

    /// Hands bytes to the ring. A server is paused when there is no room; libcurl cannot pause a
    /// file, so there the callback waits.
    private func hand(_ bytes: UnsafeRawBufferPointer) -> Bool {
        while true {
            // Sound: valid during this call, and copied by it.
            switch unsafe inlet.offer(bytes) {
            case .accepted:
                // A pipe is read in one step, however slowly its bytes come: nobody else would
                // tell the consumer.
                if !isServer, answer?.identity.total == nil { inlet.publish() }
                return true
            case .full where isServer:
                isPaused = true
                return false
            case .full where inlet.waitForRoom(): continue
            case .full, .dropped:
                outcome = .dropped
                return false
            }
        }
    }
}
