import CCurl
import Slots

/// One transfer of one page. Used on one thread.
final class PageTransfer {
    private let easy: CurlEasy
    private let collector: PageCollector

    /// Settles what does not depend on whom we trust and who we are.
    init(
        _ url: String,
        protocols: String = "https",
        limit: Int,
        timeout: Duration
    ) throws(SourceError) {
        // C function: `curl_global_init(3)`, which counts and is safe to call from any thread.
        guard keel_curl_global_init() == CURLE_OK else {
            throw .unusable(reason: "curl_global_init failed")
        }
        easy = try CurlEasy()
        collector = PageCollector(limit: limit)
        try easy.set(CURLOPT_URL, url)
        try easy.set(CURLOPT_PROTOCOLS_STR, protocols)
        try easy.set(CURLOPT_NOSIGNAL, 1)
        try easy.set(CURLOPT_QUICK_EXIT, 1)
        try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try easy.set(CURLOPT_USERAGENT, "keelos/1")
        try easy.set(CURLOPT_FOLLOWLOCATION, 0)
        // An empty text, unlike none, keeps libcurl from asking the environment.
        try easy.set(CURLOPT_PROXY, "")
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        let milliseconds = Int(timeout / .milliseconds(1))
        try easy.set(CURLOPT_TIMEOUT_MS, milliseconds)
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
    }

    /// Whom to believe.
    func trust(authorities: [UInt8]?, insecure: Bool) throws(SourceError) {
        try easy.set(CURLOPT_SSL_VERIFYPEER, insecure ? 0 : 1)
        try easy.set(CURLOPT_SSL_VERIFYHOST, insecure ? 0 : 2)
        guard let authorities, !insecure else { return }
        try easy.set(CURLOPT_CAINFO_BLOB, blob: authorities)
        // The blob replaces the system's file, but not its folder.
        try easy.set(CURLOPT_CAPATH, nil)
    }

    /// Who we are.
    func identify(bearer: String?, client: ClientCertificate?) throws(SourceError) {
        if let bearer {
            guard let token = BearerToken(Array(bearer.utf8)) else {
                throw .unusable(reason: "not a bearer token")
            }
            try easy.set(CURLOPT_HTTPAUTH, keel_curl_auth_bearer())
            try easy.set(CURLOPT_XOAUTH2_BEARER, token.text)
        }
        guard let client else { return }
        try easy.set(CURLOPT_SSLCERTTYPE, "PEM")
        try easy.set(CURLOPT_SSLCERT_BLOB, blob: client.chain)
        try easy.set(CURLOPT_SSLKEYTYPE, "PEM")
        try easy.set(CURLOPT_SSLKEY_BLOB, blob: client.key)
    }

    /// What is asked for. libcurl writes the method as it stands, and adds `Content-Length`.
    func ask(_ method: PageRequest.Method, _ content: PageContent?) throws(SourceError) {
        if let content {
            try easy.set(body: content.bytes)
            // Without `Expect` nobody waits for a server's leave to send the body.
            try easy.set(fields: ["Content-Type: \(content.type)", "Expect:"])
        }
        // Last, because a body means POST to libcurl.
        if method != .get { try easy.set(CURLOPT_CUSTOMREQUEST, method.rawValue) }
    }

    /// Transfers the page and blocks meanwhile.
    func run() -> Result<(status: Int, body: [UInt8]), PageFailure> {
        // Sound: top-level functions; the collector is held by self, and self by this call.
        let context = unsafe Unmanaged.passUnretained(collector).toOpaque()
        unsafe _ = keel_curl_set_receive(easy.handle, CURLOPT_WRITEFUNCTION, collectBody)
        unsafe _ = keel_curl_set_receive(easy.handle, CURLOPT_HEADERFUNCTION, collectField)
        unsafe _ = keel_curl_set_pointer(easy.handle, CURLOPT_WRITEDATA, context)
        unsafe _ = keel_curl_set_pointer(easy.handle, CURLOPT_HEADERDATA, context)
        // Sound: the handle lives, and nobody else uses it.
        let code = unsafe curl_easy_perform(easy.handle)
        guard code == CURLE_OK else { return .failure(failure(code)) }
        return .success((easy.number(CURLINFO_RESPONSE_CODE), collector.body))
    }

    private func failure(_ code: CURLcode) -> PageFailure {
        if collector.isFull { return .tooLarge(limit: collector.limit) }
        let reason = easy.reason(code)
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED:
            return .unreachable(reason: reason)
        case CURLE_PEER_FAILED_VERIFICATION:
            let result = easy.number(CURLINFO_SSL_VERIFYRESULT)
            return .untrusted(.init(result, reason), reason: reason)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER: return .handshake(reason: reason)
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_URL_MALFORMAT,
            CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT:
            return .unusable(reason: reason)
        // Also what libcurl takes for HTTP/0.9, as "unsupported protocol".
        default: return .broken(reason: reason)
        }
    }
}

extension PageFailure.Distrust {
    /// OpenSSL's numbers for what was wrong with a chain (`X509_STORE_CTX_get_error(3)`). libcurl
    /// compares the names itself, before it asks for the number: there it is none of OpenSSL's.
    fileprivate init(_ result: Int, _ reason: String) {
        switch result {
        case 62, 64: self = .wrongName
        case 0, 1: self = reason.contains("subject name") ? .wrongName : .other
        case 9: self = .notYetValid
        case 10: self = .expired
        case 2, 7, 18, 19, 20, 21, 24, 27: self = .unknownAuthority
        default: self = .other
        }
    }
}

/// What came, up to a limit.
private final class PageCollector {
    /// A head longer than this is not a server's we talk to.
    static let headLimit = 64 * 1024

    let limit: Int
    private(set) var body: [UInt8] = []
    private(set) var isFull = false
    private var headCount = 0

    init(limit: Int) { self.limit = limit }

    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= limit - body.count else {
            isFull = true
            return false
        }
        // Sound: libcurl's bytes, valid for this call and copied by it.
        unsafe body.append(contentsOf: bytes)
        return true
    }

    func takeField(_ count: Int) -> Bool {
        headCount += count
        isFull = headCount > Self.headLimit
        return !isFull
    }
}

/// Bytes of a body: all of them taken, or none. C type: `curl_write_callback`.
private func collectBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // Sound: compared with NULL, not followed.
    guard let context = unsafe context else { return 0 }
    // Sound: `run` stored the collector, which lives until the transfer has ended; the bytes are
    // libcurl's for the length of this call.
    let collector = unsafe Unmanaged<PageCollector>.fromOpaque(context).takeUnretainedValue()
    let isTaken = unsafe collector.take(UnsafeRawBufferPointer(start: bytes, count: count))
    // Less than `count` ends the transfer; nothing at all is never less than that.
    return isTaken ? count : Int(CURL_WRITEFUNC_ERROR)
}

/// One line of an answer's head: counted and dropped. C type: `curl_write_callback`.
private func collectField(
    _: UnsafeMutablePointer<CChar>?,
    _: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // Sound: compared with NULL, not followed.
    guard let context = unsafe context else { return 0 }
    // Sound: as in collectBody.
    let collector = unsafe Unmanaged<PageCollector>.fromOpaque(context).takeUnretainedValue()
    return collector.takeField(count) ? count : 0
}
