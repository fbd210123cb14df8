public import Slots

/// One line of an audit log: a flat JSON object whose last two members chain it to the line before.
///
/// `{"n": 7, ..., "previous": "<64 hex>", "hash": "<64 hex>"}`: `previous` is the `hash` of the
/// line
/// before (zeros for the first one of all), and `hash` is the SHA-256 of every byte of this line
/// that stands before `, "hash": `. Any tool that can cut a line and hash it can check a log.
public struct AuditLine: Sendable, Hashable {
    /// Counts from 0, over all files of the log.
    public let number: Int
    public let previous: Digest
    public let hash: Digest
    /// Without a newline.
    public let bytes: [UInt8]
    /// Every member, for those who show it: read anew each time.
    public var members: [String: FlatJSON.Value] { Self.read(bytes) ?? [:] }

    /// Bytes a line may have.
    public static let limit = 64 * 1024

    /// What stands between the sealed bytes and the seal.
    private static let seam = Array(", \"hash\": \"".utf8)
    private static let tailSize = seam.count + 2 * Digest.byteCount + 2

    /// Chains `members` to the line with the hash `previous`.
    ///
    /// `members` are written after `n`, in their order. The names `n`, `previous` and `hash` are
    /// the chain's own.
    public init(
        number: Int,
        after previous: Digest,
        hashing: OpenSSLHashing,
        _ members: (inout FlatJSONWriter) -> Void
    ) {
        var writer = FlatJSONWriter()
        writer.add("n", number)
        members(&writer)
        writer.add("previous", previous.hex)
        let sealed = writer.lines(separator: ", ", open: "{", close: "")
        let hash = hashing.sha256(sealed.span)
        bytes = sealed + Self.seam + Array("\(hash.hex)\"}".utf8)
        self.number = number
        self.previous = previous
        self.hash = hash
    }

    /// Reads a line; `nil` when it is not one or when its seal does not match its bytes.
    public init?(parsing bytes: [UInt8], hashing: OpenSSLHashing) {
        guard bytes.count <= Self.limit, bytes.count > Self.tailSize,
            let members = Self.read(bytes),
            case .number(let number) = members["n"],
            case .text(let previous) = members["previous"],
            let previous = Digest(hex: previous),
            case .text(let text) = members["hash"], let hash = Digest(hex: text), hash.hex == text
        else { return nil }
        let sealed = bytes.dropLast(Self.tailSize)
        guard bytes.dropFirst(sealed.count).elementsEqual(Self.seam + Array("\(text)\"}".utf8)),
            hashing.sha256(Array(sealed).span) == hash
        else { return nil }
        self.number = number
        self.previous = previous
        self.hash = hash
        self.bytes = bytes
    }

    private static func read(_ bytes: [UInt8]) -> [String: FlatJSON.Value]? {
        do { return try FlatJSON(parsing: bytes).members } catch { return nil }
    }
}
