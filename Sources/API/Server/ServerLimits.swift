import CGRPC

/// How much one server gives to its clients, so that none of them can take it from the others.
public struct ServerLimits: Sendable {
    /// Bytes of a request.
    public var request = 256 << 10
    /// Bytes of a request of Bootstrap and ApplyConfig.
    public var largeRequest = 1 << 20
    /// Bytes of one message that the server sends.
    public var response = 1 << 20
    /// Calls at the same time; one more is RESOURCE_EXHAUSTED.
    public var calls = 256
    /// Calls at the same time on one connection; the client's gRPC makes one more wait. A client
    /// that does not, or resets its calls at once, has at most twice as many under way.
    public var callsPerConnection = 32
    /// Bytes that the core may hold for connections and messages; beyond, it takes no new ones.
    public var memory = 96 << 20
    /// For the TLS and HTTP/2 handshake, from the first packet.
    public var handshake: Duration = .seconds(10)
    /// For the request to come, from the call's headers.
    public var requestWait: Duration = .seconds(15)
    /// For one message to leave: a reader that takes none for so long loses the call.
    public var sendWait: Duration = .seconds(60)
    /// A connection that was silent for so long is asked whether it is there,
    public var keepalive: Duration = .seconds(30)
    /// and is closed when it does not answer within this time.
    public var keepaliveAnswer: Duration = .seconds(10)
    /// A connection without a call is closed after this time.
    public var idle: Duration = .seconds(15 * 60)

    public init() {}
}

extension ServerLimits {
    /// The same for the core.
    var arguments: ChannelArguments {
        var arguments = ChannelArguments()
        arguments[GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH] = Int32(clamping: largeRequest)
        arguments[GRPC_ARG_MAX_SEND_MESSAGE_LENGTH] = Int32(clamping: response)
        arguments[GRPC_ARG_MAX_CONCURRENT_STREAMS] = Int32(clamping: callsPerConnection)
        arguments[GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS] = handshake.milliseconds
        arguments[GRPC_ARG_KEEPALIVE_TIME_MS] = keepalive.milliseconds
        arguments[GRPC_ARG_KEEPALIVE_TIMEOUT_MS] = keepaliveAnswer.milliseconds
        arguments[GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS] = 1
        // Clients may ask every 5 seconds whether we are there; more often is taken for an attack.
        arguments[GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS] = 5000
        arguments[GRPC_ARG_MAX_CONNECTION_IDLE_MS] = idle.milliseconds
        arguments[GRPC_ARG_ENABLE_CHANNELZ] = 0
        // A kilobyte that unpacks to a gigabyte is not for us: requests come as they are. One that
        // says it is compressed is UNIMPLEMENTED, as gRPC's documentation demands.
        arguments[GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET] = 1
        arguments[GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION] = 0
        arguments.memory = memory
        return arguments
    }
}
