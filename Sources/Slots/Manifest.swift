/// What a release says of itself: the signed `manifest.json`, read and checked for form.
///
/// Having one says nothing about trust: `TrustPolicy.judge` does. Field names as in the file;
/// `docs/image-format.md` is the reference.
public struct Manifest: Sendable, Hashable {
    /// The root file system: its bytes and its dm-verity tree.
    public struct Root: Sendable, Hashable {
        /// Bytes; a multiple of 4096, at least 8192.
        public var size: Int
        public var sha256: Digest
        /// Root hash of the dm-verity tree.
        public var verity: Digest
        /// 32 bytes hashed before each block.
        public var salt: Digest

        public init(size: Int, sha256: Digest, verity: Digest, salt: Digest) {
            self.size = size
            self.sha256 = sha256
            self.verity = verity
            self.salt = salt
        }
    }

    /// How the root was cut into chunks, and the digest of `chunks.idx`.
    public struct Chunks: Sendable, Hashable {
        public var algorithm: String
        public var minimum: Int
        public var average: Int
        public var maximum: Int
        public var count: Int
        public var sha256: Digest

        public init(
            algorithm: String,
            minimum: Int,
            average: Int,
            maximum: Int,
            count: Int,
            sha256: Digest
        ) {
            self.algorithm = algorithm
            self.minimum = minimum
            self.average = average
            self.maximum = maximum
            self.count = count
            self.sha256 = sha256
        }
    }

    /// Which schemas of the data partition the release reads, and which one it writes.
    public struct StateSchema: Sendable, Hashable {
        public var reads: ClosedRange<Int>
        public var writes: Int

        public init(reads: ClosedRange<Int>, writes: Int) {
            self.reads = reads
            self.writes = writes
        }
    }

    public static let format = 1
    /// Feature names this engine knows; a release that requires another is refused.
    public static let features: Set<String> = []
    public static let chunkSizeLimit = 1 << 20
    public static let chunkCountLimit = 1 << 22
    public static let rootSizeLimit = 1 << 40
    public static let keyLimit = 16

    public var requires: [String]
    public var name: String
    public var version: Version
    public var architecture: String
    public var board: String
    public var epoch: Int
    public var created: Timestamp
    public var expires: Timestamp?
    public var minimumVersion: Version?
    public var root: Root
    public var chunks: Chunks
    /// DER of the keys that the image itself trusts, and how many of them must sign.
    public var keys: [[UInt8]]
    public var threshold: Int
    public var loaderContract: Int
    public var loaderDigest: Digest?
    public var state: StateSchema
    public var kernel: String?
    public var kubelet: String?
    public var sbom: Digest?
    public var notes: String?

    public init(
        name: String,
        version: Version,
        board: String,
        epoch: Int,
        created: Timestamp,
        root: Root,
        chunks: Chunks,
        keys: [[UInt8]],
        threshold: Int
    ) {
        self.requires = []
        self.name = name
        self.version = version
        self.architecture = "x86_64"
        self.board = board
        self.epoch = epoch
        self.created = created
        self.root = root
        self.chunks = chunks
        self.keys = keys
        self.threshold = threshold
        self.loaderContract = 1
        self.state = StateSchema(reads: 1...1, writes: 1)
    }
}
