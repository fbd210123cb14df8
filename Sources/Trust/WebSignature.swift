import Slots

/// JSON web signatures (RFC 7515), as far as a Kubernetes cluster signs its `cluster-info`.
public enum WebSignature {
    /// More text than this is no signature for us.
    static let sizeLimit = 4096

    /// Whether `signature` is HMAC-SHA-256 of exactly `payload` under `key`.
    ///
    /// *Shape*: `HEADER.PAYLOAD.CODE` in unpadded base64url, or `HEADER..CODE` (detached: RFC 7515,
    /// appendix F), as `kubeadm` writes it. The header must be flat, say `"alg":"HS256"` and
    /// `"kid":"<keyID>"`, and nothing else but `typ`: a header that asks for more than we check is
    /// refused. The comparison takes the same time whatever differs.
    public static func isValidHS256(
        _ signature: String,
        of payload: [UInt8],
        key: [UInt8],
        keyID: String
    ) -> Bool {
        guard signature.utf8.count <= sizeLimit + 2 * payload.count else { return false }
        let parts = signature.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, isHeader(parts[0], keyID: keyID) else { return false }
        let text = Base64URL.encode(payload)
        guard parts[1].isEmpty || parts[1] == text else { return false }
        guard let code = Base64URL.decode(parts[2]) else { return false }
        let expected = MessageCode.sha256(Array("\(parts[0]).\(text)".utf8), key: key)
        return code.count == expected.count && MessageCode.isEqual(code, expected)
    }

    private static func isHeader(_ text: Substring, keyID: String) -> Bool {
        guard let bytes = Base64URL.decode(text) else { return false }
        let members: [String: FlatJSON.Value]
        do throws(FlatJSON.Fault) { members = try FlatJSON(parsing: bytes).members } catch {
            return false
        }
        guard members["alg"] == .text("HS256"), members["kid"] == .text(keyID) else { return false }
        return members.keys.allSatisfy { ["alg", "kid", "typ"].contains($0) }
    }
}
