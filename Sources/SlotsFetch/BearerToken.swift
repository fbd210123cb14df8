/// A token for the `Authorization` header (RFC 6750), which never shows itself.
public struct BearerToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    let text: String

    /// Takes the bytes of a token file, without white space at its end.
    ///
    /// `nil` unless what is left is 1...16384 visible ASCII characters: anything else could
    /// end the header and begin another.
    public init?(_ bytes: [UInt8]) {
        let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        var token = bytes[...]
        while let last = token.last, blank.contains(last) { token.removeLast() }
        guard (1...16_384).contains(token.count) else { return nil }
        guard token.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        text = String(decoding: token, as: UTF8.self)
    }

    public var description: String { "bearer token" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
