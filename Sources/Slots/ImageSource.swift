/// Where a release comes from: a server, a file, a pipe. Members come in bundle order.
public protocol ImageSource: AnyObject {
    /// Reads `manifest.json` and `manifest.sig`, and nothing after them that costs much.
    func readStatement() throws(SourceError) -> SignedStatement

    /// Reads `chunks.idx`, which must be exactly `byteCount` bytes.
    func readIndex(byteCount: Int) throws(SourceError) -> [UInt8]

    /// Positions the source on the root, which must be exactly `rootSize` bytes.
    ///
    /// `wanted` are ascending, disjoint byte ranges of the root. Answers `.ranges` when the
    /// following `read`s yield just those, end to end; `.whole` when they yield the whole root
    /// from its first byte, because the source knows no ranges or `wanted` is all of it.
    /// May be called again after all bytes of a `.ranges` delivery were read.
    func openRoot(rootSize: Int, wanted: [Range<Int>]) throws(SourceError) -> Delivery

    /// The next `count` bytes of the delivery where they lie, as `read` would have copied them.
    /// `nil`, and nothing is taken, when the source has them nowhere in one piece: `read` tells
    /// why.
    func lend(_ count: Int) throws(SourceError) -> (any SharedBytes)?

    /// Fills `buffer` with the next bytes of the delivery.
    func read(into buffer: inout MutableSpan<UInt8>) throws(SourceError)

    /// Checks that the bundle ends where it must. Called after the last byte was read.
    func finish() throws(SourceError)

    /// Bytes and requests so far, headers included where the source knows them.
    var traffic: Traffic { get }
}

/// What `ImageSource.openRoot` promises to deliver.
public enum Delivery: Sendable, Hashable {
    case ranges
    case whole
}

/// What crossed the wire.
public struct Traffic: Sendable, Hashable {
    /// Bytes received, protocol headers included.
    public var bytes: Int
    public var requests: Int
    /// Attempts made again after a broken one.
    public var retries: Int

    public init(bytes: Int = 0, requests: Int = 0, retries: Int = 0) {
        self.bytes = bytes
        self.requests = requests
        self.retries = retries
    }
}

/// `manifest.json` and `manifest.sig`, byte for byte as they came. Nothing is believed yet.
public struct SignedStatement: Sendable, Hashable {
    public static let manifestLimit = 64 * 1024
    public static let signaturesLimit = 16 * 1024

    public let manifest: [UInt8]
    public let signatures: [UInt8]

    public init(manifest: [UInt8], signatures: [UInt8]) {
        self.manifest = manifest
        self.signatures = signatures
    }
}

/// Why a source could not deliver.
public enum SourceError: Error, Sendable, Hashable {
    /// The bundle is not what the format says. Never worth a retry.
    case malformed(BundleFault)
    /// The transport failed for good, after its retries. `reason` is the transport's own words.
    case unreachable(reason: String, attempts: Int)
    /// The server answered with an error: `status` is the HTTP status.
    case answered(status: Int)
    /// The server's certificate or ours was not accepted.
    case untrustedServer(reason: String)
    /// The file on the server is not the one the transfer began with.
    case changed
    /// The source cannot be used at all: bad URL, missing file, bad option.
    case unusable(reason: String)
}

/// What is wrong with a bundle's outer form.
public enum BundleFault: Sendable, Hashable {
    /// The stream ended inside `member`.
    case truncated(member: String)
    /// Another member than `expected` came; `nil` when the archive ended.
    case unexpectedMember(found: String?, expected: String)
    /// The member is not a plain file: a link, a folder, a device.
    case notAFile(member: String, kind: String)
    case tooLarge(member: String, size: Int, limit: Int)
    case wrongSize(member: String, size: Int, expected: Int)
    /// Bytes follow the end of the archive, or the file is longer or shorter than its members.
    case trailing(size: Int, expected: Int)
    /// Not a tar archive. `reason` is the reader's own words.
    case notAnArchive(reason: String)
}
