/// A Kubernetes bootstrap token, `id.secret`: `[a-z0-9]{6}.[a-z0-9]{16}`.
///
/// The id may be shown, the secret never shows itself. Source: Kubernetes, "Authenticating with
/// Bootstrap Tokens".
public struct BootstrapToken: Sendable, Hashable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// Six characters; also the `kid` of the signature of `cluster-info`.
    public let id: String

    /// Sixteen characters; the key of that signature.
    public let secret: String

    /// `nil` for anything else than a token, blanks around it included.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 6, parts[1].utf8.count == 16 else {
            return nil
        }
        guard (Array(parts[0].utf8) + Array(parts[1].utf8)).allSatisfy(Self.isDigit) else {
            return nil
        }
        id = String(parts[0])
        secret = String(parts[1])
    }

    /// The token as the API server takes it.
    public var text: String { "\(id).\(secret)" }

    public var description: String { "bootstrap token \(id)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}
