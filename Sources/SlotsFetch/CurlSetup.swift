import CCurl
import Slots

extension CurlEasy {
    /// Redirects followed for one request.
    private static let redirects = 5

    /// libcurl's buffer: what one `recv(2)` can bring. Its own 16 KiB cost a third more CPU.
    private static let bufferSize = 256 * 1024

    /// Settles everything about `location` that does not change from request to request.
    ///
    /// Throws `.unusable` for what libcurl refuses.
    func configure(_ location: Location, _ options: FetchOptions) throws(SourceError) {
        try set(CURLOPT_URL, location.url)
        // Redirects are held to it as well.
        try set(CURLOPT_PROTOCOLS_STR, location.protocols)
        // No signals, no waiting for a name look-up that nobody wants any more.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_BUFFERSIZE, Self.bufferSize)
        guard location.isServer else { return }
        try configureHTTP(location, options)
        try configureTrust(options)
        try configureProxy(options)
        try configureLimits(options)
    }

    private func configureHTTP(
        _ location: Location,
        _ options: FetchOptions
    ) throws(SourceError) {
        // HTTP/2 would keep whole stream windows in memory while a transfer is paused.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_USERAGENT, "keelos/1")
        try set(CURLOPT_FOLLOWLOCATION, 1)
        try set(CURLOPT_MAXREDIRS, Self.redirects)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        guard let token = options.token else { return }
        // libcurl sends it to the URL's own scheme, host and port alone, as long as
        // CURLOPT_UNRESTRICTED_AUTH is off.
        try set(CURLOPT_HTTPAUTH, keel_curl_auth_bearer())
        try set(CURLOPT_XOAUTH2_BEARER, token.text)
    }

    private func configureTrust(_ options: FetchOptions) throws(SourceError) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let authorities = options.authorities {
            try set(CURLOPT_CAINFO_BLOB, blob: authorities)
            try set(CURLOPT_PROXY_CAINFO_BLOB, blob: authorities)
            // The blob replaces the system's file, but not its folder.
            try set(CURLOPT_CAPATH, nil)
            try set(CURLOPT_PROXY_CAPATH, nil)
        }
        guard let client = options.client else { return }
        try set(CURLOPT_SSLCERTTYPE, "PEM")
        try set(CURLOPT_SSLCERT_BLOB, blob: client.chain)
        try set(CURLOPT_SSLKEYTYPE, "PEM")
        try set(CURLOPT_SSLKEY_BLOB, blob: client.key)
    }

    private func configureProxy(_ options: FetchOptions) throws(SourceError) {
        // An empty text, unlike none, keeps libcurl from asking the environment.
        try set(CURLOPT_PROXY, options.proxy ?? "")
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    private func configureLimits(_ options: FetchOptions) throws(SourceError) {
        let second = Duration.seconds(1)
        let connect = (options.connectTimeout / second) * 1000
        let stall = options.stall.time / second
        guard (1...86_400_000).contains(connect), (1...86_400).contains(stall) else {
            throw .unusable(reason: "timeout out of range")
        }
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(connect))
        guard options.stall.bytesPerSecond > 0 else {
            throw .unusable(reason: "stall limit out of range")
        }
        // Time spent paused, by the consumer or by the pacer, does not count.
        try set(CURLOPT_LOW_SPEED_LIMIT, options.stall.bytesPerSecond)
        try set(CURLOPT_LOW_SPEED_TIME, Int(stall))
    }
}
