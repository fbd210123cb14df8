import CCurl
import Slots

/// Why a transfer broke, sorted by what can be done about it.
enum TransferFailure: Sendable, Hashable {
    /// The line or the server: worth another attempt.
    case broken(reason: String)
    /// The same attempt would fail in the same way.
    case final(SourceError)

    /// `status` is the HTTP status of the proxy where it refused to connect us, else 0.
    init(code: CURLcode, reason: String, status: Int) {
        switch code {
        case _ where status >= 400 && status != 408 && status != 429 && status < 500:
            self = .final(.answered(status: status))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self = .final(.untrustedServer(reason: reason))
        case CURLE_SSL_CONNECT_ERROR where Self.isFailedHandshake(reason),
            CURLE_RECV_ERROR where Self.isAlert(reason),
            CURLE_SEND_ERROR where Self.isAlert(reason):
            self = .final(.untrustedServer(reason: reason))
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_FILE_COULDNT_READ_FILE,
            CURLE_NOT_BUILT_IN, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT,
            CURLE_OUT_OF_MEMORY, CURLE_UNKNOWN_OPTION, CURLE_SSL_ENGINE_NOTFOUND:
            self = .final(.unusable(reason: reason))
        case CURLE_TOO_MANY_REDIRECTS:
            self = .final(.unreachable(reason: reason, attempts: 1))
        case CURLE_BAD_DOWNLOAD_RESUME:
            // A file that ends before the offset we had reached.
            self = .final(.changed)
        default:
            self = .broken(reason: reason)
        }
    }

    /// Whether TLS itself said no, rather than the line going away under it: OpenSSL then has
    /// an error of its own to show (`error:0A000086:SSL routines::...`).
    private static func isFailedHandshake(_ reason: String) -> Bool {
        reason.contains("SSL routines::") && !reason.contains("unexpected eof")
    }

    /// Whether the other side sent a TLS alert. The client's certificate is refused so late in
    /// TLS 1.3 that it looks like a failed read.
    private static func isAlert(_ reason: String) -> Bool {
        reason.contains("SSL routines::") && reason.contains(" alert ")
    }
}
