/// How a source reaches its server, and when it gives up.
///
/// Nothing else is consulted: no proxy variables of the environment, no `.netrc`, no cookies.
public struct FetchOptions: Sendable {
    /// Certificates in PEM that may sign the server's: only these when given, else the system's.
    public var authorities: [UInt8]?

    /// What this node shows a server that asks who it is.
    public var client: ClientCertificate?

    /// Sent to the host of the URL alone, never to where it redirects.
    public var token: BearerToken?

    /// `http://`, `https://`, `socks5://` or `socks5h://` and an authority; `nil` for none.
    public var proxy: String?

    /// Whether an `http` URL is taken at all. An `https` URL never redirects to `http`.
    public var allowsPlainHTTP: Bool

    /// For name look-up, connection and TLS handshake together.
    public var connectTimeout: Duration

    public var stall: StallLimit

    public var retries: RetryPolicy

    /// The most to receive in a second, on average; `nil` for no limit. Files are not limited.
    public var bytesPerSecond: Int?

    /// `https` only, no proxy, no identity, 15 s to connect, and the standard limits.
    public static var standard: Self {
        Self(
            authorities: nil,
            client: nil,
            token: nil,
            proxy: nil,
            allowsPlainHTTP: false,
            connectTimeout: .seconds(15),
            stall: .standard,
            retries: .standard,
            bytesPerSecond: nil
        )
    }
}

/// A client certificate with its chain and its private key, both PEM.
public struct ClientCertificate: Sendable {
    public let chain: [UInt8]
    public let key: [UInt8]

    public init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }
}

/// A transfer slower than `bytesPerSecond` for all of `time` counts as broken.
///
/// Time in which the consumer does not take bytes does not count.
public struct StallLimit: Sendable, Hashable {
    public var bytesPerSecond: Int

    /// Whole seconds.
    public var time: Duration

    public init(bytesPerSecond: Int, time: Duration) {
        self.bytesPerSecond = bytesPerSecond
        self.time = time
    }

    /// 1024 bytes a second for 30 seconds.
    public static var standard: Self { Self(bytesPerSecond: 1024, time: .seconds(30)) }
}
