import Syscalls

/// One connection, as the server sees it. Belongs to the server's thread.
///
/// First Hello, then requests; nothing more is read while an answer has not been taken, so that
/// what is held for a visitor is at most a frame and a piece each way.
final class Visitor {
    private let stream: LocalStream
    private var reader = FrameReader()
    /// What is still to be sent.
    private var outbox: ArraySlice<UInt8> = []
    private var isGreeted = false
    /// Gone as soon as the outbox is empty.
    private var isLeaving = false
    private(set) var isGone = false
    /// When it is dropped for keeping us waiting.
    private(set) var deadline: Duration
    /// Since when it is between two requests; `nil` while it is not.
    private(set) var idleSince: Duration?

    init(_ stream: consuming LocalStream, _ limits: ServerLimits) {
        self.stream = stream
        deadline = MonotonicTime.now + limits.patience
    }

    var number: CInt { stream.number }

    var interest: Readiness.Interest { outbox.isEmpty ? .reading : .writing }

    private var isIdle: Bool { isGreeted && outbox.isEmpty && !reader.isInside }

    /// Does what can be done without waiting.
    func advance(_ host: any Init, _ limits: ServerLimits) {
        var isDone = false
        if outbox.isEmpty { read() } else { flush() }
        while !isGone, outbox.isEmpty, let message = nextMessage() {
            answer(message, host)
            flush()
            isDone = true
        }
        if isLeaving, outbox.isEmpty { isGone = true }
        // A frame that comes byte by byte does not move its own deadline.
        let now = MonotonicTime.now
        if isIdle {
            idleSince = now
            deadline = now + limits.idle
        } else if idleSince != nil || isDone {
            idleSince = nil
            deadline = now + limits.patience
        }
    }

    private func read() {
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        do {
            var span = piece.mutableSpan
            let count = try stream.receive(into: &span)
            if count == 0 { isGone = true } else { reader.append(piece[..<count]) }
        } catch {
            if error != .wouldBlock { isGone = true }
        }
    }

    private func flush() {
        while !outbox.isEmpty {
            do {
                let count = try stream.send(outbox.span)
                outbox = outbox.dropFirst(count)
            } catch {
                if error != .wouldBlock { isGone = true }
                return
            }
        }
        outbox = []
    }

    /// `nil` when there is none yet, or will be none.
    private func nextMessage() -> [UInt8]? {
        guard !isLeaving else { return nil }
        do { return try reader.next() } catch {
            refuse(error)
            flush()
            return nil
        }
    }

    private func answer(_ message: [UInt8], _ host: any Init) {
        do {
            guard isGreeted else { return try greet(Hello(unpacking: message)) }
            put(Answer(to: try Request(unpacking: message), from: host))
        } catch {
            refuse(error)
        }
    }

    private func greet(_ hello: Hello) throws(MessageFault) {
        outbox = Frame.wrap(try Hello(version: Hello.ours).packed())[...]
        isGreeted = true
        isLeaving = hello.version != Hello.ours
    }

    /// Says what is wrong with what came, if it is known that the visitor would understand, and
    /// ends: what follows cannot be trusted.
    private func refuse(_ fault: MessageFault) {
        isLeaving = true
        if isGreeted { put(.failure(.invalid(fault))) }
    }

    private func put(_ answer: Answer) {
        do {
            outbox = Frame.wrap(try answer.packed())[...]
        } catch {
            // The host broke a bound of its own.
            outbox = []
            isLeaving = true
        }
    }
}
