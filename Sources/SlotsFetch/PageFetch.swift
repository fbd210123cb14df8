import Slots

/// Brings one small page over `https`, or from this machine, whole or not at all.
public enum PageFetch {
    /// Sends `request` once and waits for the whole answer, on this thread, at most its `timeout`.
    ///
    /// *Shape*: only `https`, TLS 1.2 or later, HTTP/1.1; no redirects (their status is an
    /// answer), no retries, no proxy, no environment, no `Expect`.
    ///
    /// *Errors*: `.unusable` before anything is sent, `.tooLarge` for an answer of more than
    /// `limit` bytes. Any HTTP status is an answer. After any other error nobody knows whether the
    /// server did what was asked.
    ///
    /// C function: `curl_easy_perform(3)`.
    public static func send(
        _ request: PageRequest
    ) throws(PageFailure) -> (status: Int, body: [UInt8]) {
        try request.check()
        let transfer: PageTransfer
        do throws(SourceError) {
            let location = try Location(request.url, allowsPlainHTTP: false, folder: { nil })
            guard location.isServer else { throw .unusable(reason: "not an https address") }
            transfer = try PageTransfer(
                location.url,
                limit: request.limit,
                timeout: request.timeout
            )
            try transfer.trust(authorities: request.authorities, insecure: request.insecure)
            try transfer.identify(bearer: request.bearer, client: request.client)
            try transfer.ask(request.method, request.content)
        } catch {
            guard case .unusable(let reason) = error else { throw .unusable(reason: "\(error)") }
            throw .unusable(reason: reason)
        }
        return try transfer.run().get()
    }

    /// Asks for `url` as `send` does, with the same errors.
    public static func get(
        _ url: String,
        authorities: [UInt8]?,
        insecure: Bool,
        bearer: String?,
        client: ClientCertificate? = nil,
        limit: Int,
        timeout: Duration
    ) throws(PageFailure) -> (status: Int, body: [UInt8]) {
        var request = PageRequest(url, limit: limit, timeout: timeout)
        request.authorities = authorities
        request.insecure = insecure
        request.bearer = bearer
        request.client = client
        return try send(request)
    }

    /// Asks for a page of this machine over plain `http` and waits at most `timeout`.
    ///
    /// *Shape*: as `get`, but only `http://127.0.0.1`, without anybody's credentials.
    public static func getLocal(
        _ url: String,
        limit: Int,
        timeout: Duration
    ) throws(PageFailure) -> (status: Int, body: [UInt8]) {
        guard url.hasPrefix("http://127.0.0.1:") || url.hasPrefix("http://127.0.0.1/") else {
            throw .unusable(reason: "not an address of this machine")
        }
        let transfer: PageTransfer
        do throws(SourceError) {
            let location = try Location(url, allowsPlainHTTP: true, folder: { nil })
            transfer = try PageTransfer(
                location.url,
                protocols: "http",
                limit: limit,
                timeout: timeout
            )
        } catch {
            guard case .unusable(let reason) = error else { throw .unusable(reason: "\(error)") }
            throw .unusable(reason: reason)
        }
        return try transfer.run().get()
    }
}
