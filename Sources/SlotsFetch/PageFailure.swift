/// Why a page could not be had. `reason` is libcurl's own words.
public enum PageFailure: Error, Sendable, Hashable {
    /// The request itself makes no sense: not `https`, bad certificates, a token that would go
    /// over an unverified line.
    case unusable(reason: String)
    /// No such host, or nobody there.
    case unreachable(reason: String)
    /// It did not answer in full within the time.
    case timedOut
    /// Somebody answered who is not to be believed.
    case untrusted(Distrust, reason: String)
    /// No TLS could be agreed on: an old version, or no TLS at all.
    case handshake(reason: String)
    /// The page or its head is longer than allowed.
    case tooLarge(limit: Int)
    /// The line broke, or what came was no HTTP.
    case broken(reason: String)

    /// What is wrong with a server's certificate.
    public enum Distrust: Sendable, Hashable {
        /// It, or one above it, begins later than our clock says.
        case notYetValid
        /// It, or one above it, ended before our clock.
        case expired
        /// None of the given authorities signed it.
        case unknownAuthority
        /// It is for another name than the one asked for.
        case wrongName
        case other
    }
}
