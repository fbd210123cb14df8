import CGRPC
import Synchronization

/// A channel to one server, with a completion queue of its own.
@safe
final class Channel: Sendable {
    // grpc_channel*
    private nonisolated(unsafe) let raw: OpaquePointer
    private let queue: CompletionQueue
    private let state = Mutex(State())

    private struct State {
        var isOpen = true
        var calls: [ObjectIdentifier: WireCall] = [:]
    }

    /// Whom it leads to.
    enum Peer {
        /// An agent: it may vanish without a word, is asked for signs of life, and expects that.
        case node
        /// A program of this machine: its end closes the socket. containerd takes somebody who asks
        /// for signs of life through a call of 40 seconds for an enemy, and cuts it off.
        case neighbour
    }

    init?(_ target: String, _ peer: Peer, _ credentials: borrowing ChannelCredentials) {
        guard let queue = CompletionQueue("keel-client") else { return nil }
        // Sound: the core copies target and arguments. Owned by self, destroyed once, by `close`.
        let channel = unsafe Self.arguments(to: peer).withCore {
            unsafe grpc_channel_create(target, credentials.raw, $0)
        }
        guard let raw = unsafe channel else {
            queue.shutDown()
            return nil
        }
        // Sound: as above.
        unsafe self.raw = raw
        self.queue = queue
    }

    deinit { close() }

    /// A new call of `path`, which the caller gives back by `forget`; nil on a closed channel.
    func call(_ path: String, _ timeout: Duration?) -> WireCall? {
        state.withLock { state in
            guard state.isOpen else { return nil }
            // Sound: the channel is open; the core takes a reference to the slice.
            let method = unsafe Slices.make(Array(path.utf8))
            defer { unsafe grpc_slice_unref(method) }
            let deadline = Core.deadline(in: timeout)
            let raw = unsafe grpc_channel_create_call(
                raw,
                nil,
                keel_grpc_propagate_defaults,
                queue.raw,
                method,
                nil,
                deadline,
                nil
            )
            // Sound: the call takes its reference over.
            guard let raw = unsafe raw else { return nil }
            let call = unsafe WireCall(taking: raw, on: queue)
            state.calls[ObjectIdentifier(call)] = call
            return call
        }
    }

    /// What came of a call with one message there and one back.
    struct Answer {
        let code: StatusCode
        /// The core's, or the server's.
        let words: String
        let detail: [UInt8]?
        /// nil when there was none.
        let message: [UInt8]?
    }

    /// Makes such a call; nil on a closed channel. Cancelling the task cancels it.
    func ask(
        _ path: String,
        _ request: [UInt8],
        _ timeout: Duration,
        metadata: [(key: String, value: String)] = []
    ) async -> Answer? {
        guard let call = call(path, timeout) else { return nil }
        defer { forget(call) }
        let batch = Batch().sendHeaders(metadata).sendMessage(request).sendClose()
            .receiveHeaders().receiveMessage().receiveStatus()
        await call.runCancellably(batch)
        let (code, words, detail) = batch.status
        let message = code == .ok ? batch.takeMessage() : nil
        return Answer(code: code, words: words, detail: detail, message: message)
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func forget(_ call: WireCall) {
        state.withLock { _ = $0.calls.removeValue(forKey: ObjectIdentifier(call)) }
    }

    /// Cancels what is under way and closes the connection.
    func close() {
        let calls = state.withLock { state -> [WireCall] in
            guard state.isOpen else { return [] }
            state.isOpen = false
            // Sound: open until this line, and calls have references of their own.
            unsafe grpc_channel_destroy(raw)
            return Array(state.calls.values)
        }
        for call in calls { call.cancel() }
        queue.shutDown()
    }

    private static func arguments(to peer: Peer) -> ChannelArguments {
        var arguments = ChannelArguments()
        if peer == .node {
            // Notices within 20 seconds that a node is gone while it is waited for,
            arguments[GRPC_ARG_KEEPALIVE_TIME_MS] = 10_000
            arguments[GRPC_ARG_KEEPALIVE_TIMEOUT_MS] = 10_000
            // however long a stream had nothing to say: the core would stop asking after two times.
            arguments[GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA] = 0
        }
        arguments[GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH] = 1 << 20
        arguments[GRPC_ARG_MAX_SEND_MESSAGE_LENGTH] = 1 << 20
        // A node that starts again is found soon.
        arguments[GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS] = 200
        arguments[GRPC_ARG_MAX_RECONNECT_BACKOFF_MS] = 2000
        // What a connection may take, with its handshakes: longer than a node itself allows for it,
        // and than one that is all but out of processor time needs.
        arguments[GRPC_ARG_MIN_RECONNECT_BACKOFF_MS] = 15_000
        // Connections belong to a client and its certificate, and are not shared behind its back.
        arguments[GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL] = 1
        arguments[GRPC_ARG_ENABLE_RETRIES] = 0
        arguments[GRPC_ARG_ENABLE_HTTP_PROXY] = 0
        arguments[GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION] = 1
        arguments[GRPC_ARG_ENABLE_CHANNELZ] = 0
        arguments[GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET] = 1
        arguments[GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION] = 0
        return arguments
    }
}
