/// A call that ended without a word of the node's own: what most likely is the matter.
struct ConnectionTrouble: Sendable {
    let code: StatusCode
    /// The core's.
    let words: String
    /// `HOST:PORT`.
    let place: String
    let hasCredentials: Bool
    let timeout: Duration?

    /// What the core says when keepalive, or the kernel for it, gives a peer up.
    private static let silence = [
        "keepalive watchdog timeout", "ping timeout", "Connection timed out",
    ]

    /// What happened, and what to look at, in one sentence.
    var sentence: String {
        switch code {
        case .unavailable: return unavailable
        case .deadlineExceeded:
            let limit = timeout.map { " within \($0.formattedSeconds)" } ?? ""
            return "\(place) did not answer\(limit)"
        case .cancelled: return "the call was cancelled"
        case .unimplemented: return words.isEmpty ? "\(place) has no such method" : words
        default: return words.isEmpty ? "\(place) ended the call without a reason" : words
        }
    }

    private var unavailable: String {
        if let range = words.firstRange(of: ServerTrust.mark) {
            let rest = words[range.upperBound...].prefix { $0 != ";" && $0 != "\n" && $0 != "}" }
            return "\(place) is not the node that is meant: \(rest)"
        }
        if words.contains("certificate verify failed") {
            return "the certificate of \(place) is not signed by the given authority, "
                + "or it is not valid now"
        }
        if words.isEmpty || words == "CANCELLED" || words == "Cancelling all calls" {
            return "\(place) ended the call: it is going down, or its client CA was changed"
        }
        if Self.silence.contains(where: { words.contains($0) }) {
            return "\(place) does not answer: the machine is down, or the line to it"
        }
        if words.contains("wrong version number") { return "\(place) does not speak TLS" }
        if words.contains("Connection refused") { return "nothing listens on \(place)" }
        if words.contains("Socket closed") || words.contains("Connection reset")
            || words.contains("Broken pipe") || words.contains("alert")
        {
            return hasCredentials
                ? "\(place) closed the connection: it does not take this client's certificate "
                    + "(signed by another CA, expired or not yet valid), or it is going down"
                : "\(place) closed the connection: it most likely wants a client certificate, "
                    + "and none was shown"
        }
        if words.contains("DNS resolution failed") || words.contains("Domain name not found") {
            return "the name in \(place) could not be resolved"
        }
        return "\(place) cannot be reached: \(ErrorTrailer.cut(words, to: 300))"
    }
}

extension Duration {
    /// "5 s", "1.5 s", "250 ms".
    fileprivate var formattedSeconds: String {
        let milliseconds = Int(milliseconds)
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let tenths = milliseconds % 1000 / 100
        return tenths == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds / 1000).\(tenths) s"
    }
}
