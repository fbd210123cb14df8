import Slots

/// Brings one small page over `https`, or from this machine, whole or not at all.
public enum PageFetch {
    /// Asks for `url` once and waits for the whole answer, on this thread, at most `timeout`.
    ///
    /// *Shape*: only `https`, TLS 1.2 or later, HTTP/1.1; no redirects (their status is an
    /// answer), no retries, no proxy, no environment. `authorities` are certificates in PEM: only
    /// what these signed is believed, or what the system's signed when `nil`. With `insecure`
    /// anybody is believed; then there must be no `bearer` and no `client`, for nobody knows who
    /// would read them. `client` is shown to a server that asks who we are.
    ///
    /// *Errors*: `.unusable` before anything is sent, `.tooLarge` for a body of more than `limit`
    /// bytes. Any HTTP status is an answer.
    ///
    /// C function: `curl_easy_perform(3)`.
    public static func get(
        _ url: String,
        authorities: [UInt8]?,
        insecure: Bool,
        bearer: String?,
        client: ClientCertificate? = nil,
        limit: Int,
        timeout: Duration
    ) throws(PageFailure) -> (status: Int, body: [UInt8]) {
        guard !insecure || (bearer == nil && client == nil) else {
            throw .unusable(reason: "credentials on an unverified line")
        }
        guard timeout >= .milliseconds(1), timeout <= .seconds(3600) else {
            throw .unusable(reason: "timeout out of range")
        }
        let transfer: PageTransfer
        do throws(SourceError) {
            let location = try Location(url, allowsPlainHTTP: false, folder: { nil })
            guard location.isServer else { throw .unusable(reason: "not an https address") }
            transfer = try PageTransfer(location.url, limit: limit, timeout: timeout)
            try transfer.trust(authorities: authorities, insecure: insecure)
            try transfer.identify(bearer: bearer, client: client)
        } catch {
            guard case .unusable(let reason) = error else { throw .unusable(reason: "\(error)") }
            throw .unusable(reason: reason)
        }
        return try transfer.run().get()
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
