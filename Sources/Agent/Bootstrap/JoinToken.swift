import Slots
import SwiftProtobuf
import Trust

/// What `--token` takes: a bootstrap token, or a service account's JWT.
enum JoinToken: Sendable, Hashable {
    case bootstrap(BootstrapToken)
    case serviceAccount(WebToken)

    /// `nil` for anything else.
    init?(_ text: String) {
        if let token = BootstrapToken(text) {
            self = .bootstrap(token)
        } else if let token = WebToken(text) {
            self = .serviceAccount(token)
        } else {
            return nil
        }
    }

    /// As the API server takes it.
    var text: String {
        switch self {
        case .bootstrap(let token): token.text
        case .serviceAccount(let token): token.text
        }
    }
}

/// A JSON web token (RFC 7519), as `kubectl create token` prints it.
///
/// Its signature is the API server's business. What it claims is read for good sentences only:
/// nothing is decided by it.
struct WebToken: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    let text: String
    /// Until when it is good, by its own account.
    let expiry: Timestamp?
    /// Whom it is for, by its own account.
    let audience: [String]

    static let sizeLimit = 16 * 1024

    /// `nil` unless it is three parts of base64url, of which the first two hold JSON objects.
    init?(_ text: String) {
        guard text.utf8.count <= Self.sizeLimit else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }),
            Base64URL.decode(parts[2]) != nil,
            Base64URL.decode(parts[0]).flatMap(JSONObject.init(parsing:)) != nil,
            let claims = Base64URL.decode(parts[1]).flatMap(JSONObject.init(parsing:))
        else { return nil }
        self.text = text
        expiry = claims.number("exp").map { Timestamp(seconds: $0) }
        audience = claims.texts("aud")
    }

    var description: String { "service account token" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
