/// Whom this node believes, and what it accepts: the trust directory as a value.
///
/// `keys` are the `*.pub` files, the rest is `policy.json`:
/// `{"threshold": 1, "epoch": 1, "board": "x86_64-uefi"}`.
public struct TrustPolicy: Sendable, Hashable {
    public var keys: [PublicKey]
    /// How many different keys must have signed.
    public var threshold: Int
    /// No release of a lower epoch is installed or gone back to.
    public var epoch: Int
    public var board: String

    public init(keys: [PublicKey], threshold: Int, epoch: Int, board: String) {
        self.keys = keys
        self.threshold = threshold
        self.epoch = epoch
        self.board = board
    }

    /// Reads `policy.json`. A threshold nobody could meet is an error, not a locked node.
    public init(parsing bytes: [UInt8], keys: [PublicKey]) throws(TrustPolicyError) {
        let json: FlatJSON
        do { json = try FlatJSON(parsing: bytes) } catch { throw .notFlatJSON(error) }
        guard case .number(let threshold) = json.members["threshold"], threshold >= 1 else {
            throw .invalid(field: "threshold")
        }
        guard case .number(let epoch) = json.members["epoch"] else {
            throw .invalid(field: "epoch")
        }
        guard case .text(let board) = json.members["board"], Manifest.isWord(board) else {
            throw .invalid(field: "board")
        }
        guard Set(keys).count >= threshold else {
            throw .unreachableThreshold(keys: Set(keys).count, threshold: threshold)
        }
        self.init(keys: keys, threshold: threshold, epoch: epoch, board: board)
    }
}

/// Why a trust directory cannot be used.
public enum TrustPolicyError: Error, Sendable, Hashable {
    case notFlatJSON(FlatJSON.Fault)
    case invalid(field: String)
    case unreachableThreshold(keys: Int, threshold: Int)
}

/// A release that was judged: its manifest is what its signers signed.
public struct Release: Sendable, Hashable {
    public let manifest: Manifest
    /// The bytes the manifest was read from, and the signatures over them.
    public let statement: SignedStatement
    /// SHA-256 of `manifest.json`: the name of the release for pinning, quarantine and history.
    public let digest: Digest

    public var version: Version { manifest.version }

    init(manifest: Manifest, statement: SignedStatement, digest: Digest) {
        self.manifest = manifest
        self.statement = statement
        self.digest = digest
    }
}

/// What the node is, as far as a release must fit it.
public struct NodeFacts: Sendable, Hashable {
    /// Greater of the policy's floor and the lowest epoch that may boot.
    public var epochFloor: Int
    /// The running release: its version and epoch guard against going back unasked.
    public var running: Manifest?
    /// The newest contract that the loader on the disk keeps; `nil` when it is not known.
    public var loaderContract: Int?
    /// Digests that were tried and found unhealthy.
    public var quarantined: Set<Digest>
    /// The time, when the clock is known to be good.
    public var clock: Timestamp?
    /// Bytes in the slot that would be written.
    public var capacity: Int

    public init(
        epochFloor: Int,
        running: Manifest?,
        loaderContract: Int?,
        quarantined: Set<Digest>,
        clock: Timestamp?,
        capacity: Int
    ) {
        self.epochFloor = epochFloor
        self.running = running
        self.loaderContract = loaderContract
        self.quarantined = quarantined
        self.clock = clock
        self.capacity = capacity
    }
}

/// What the person asking allows or demands beyond the policy.
public struct UpgradeOptions: Sendable, Hashable {
    /// Refuse any other release than this.
    public var expectedDigest: Digest?
    public var allowsDowngrade: Bool
    public var retriesQuarantined: Bool
    /// Keep what the target and the running slot already hold.
    public var reuses: Bool
    /// Prove the write by reading it back. Only a benchmark turns this off.
    public var readsBack: Bool
    /// Tries the firmware gets before it falls back: 1 to 3.
    public var attempts: Int

    public init(
        expectedDigest: Digest? = nil,
        allowsDowngrade: Bool = false,
        retriesQuarantined: Bool = false,
        reuses: Bool = true,
        readsBack: Bool = true,
        attempts: Int = 3
    ) {
        precondition((1...3).contains(attempts), "a trial has 1 to 3 attempts")
        self.expectedDigest = expectedDigest
        self.allowsDowngrade = allowsDowngrade
        self.retriesQuarantined = retriesQuarantined
        self.reuses = reuses
        self.readsBack = readsBack
        self.attempts = attempts
    }
}
