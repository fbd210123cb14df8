// The ports: everything the engine asks of the world. The real ones are in SlotsDisk, SlotsFetch
// and Trust; the simulated ones in Tests/Simulator keep the same promises and lose power.

/// A range of sectors that can be read, written and flushed.
public protocol SectorDevice: AnyObject {
    /// Bytes. A multiple of `sectorSize`.
    var size: Int { get }

    /// Bytes in a logical sector: 512 or 4096.
    var sectorSize: Int { get }

    /// Fills `buffer` from `offset`, seeing every earlier write. Any offset, any length.
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int) throws(DeviceError)

    /// Writes `bytes` at `offset`. Any offset, any length; no byte outside the range changes
    /// (a power cut may tear the physical sectors it touches).
    ///
    /// Returns when the bytes are accepted: durable only after `flush()`. An error of an accepted
    /// write shows at the next call or at `flush()`.
    func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError)

    /// The same for `part` of bytes that can be held until they are written.
    func write(_ bytes: any SharedBytes, _ part: Range<Int>, at offset: Int) throws(DeviceError)

    /// Returns once every earlier write survives power loss.
    func flush() throws(DeviceError)
}

/// A range of sectors the engine works on: one slot, or the EFI system partition.
public protocol BlockDevice: SectorDevice {
    /// Says that `range` holds nothing of worth. The bytes read back afterwards are undefined.
    func discard(_ range: Range<Int>) throws(DeviceError)

    /// Reads 4 KiB blocks `blocks` from the medium and hashes each as dm-verity does:
    /// SHA-256 of `salt` followed by the block. Digest *i* is at byte 32 *i* of `digests`.
    ///
    /// The device may read and hash on threads of its own.
    ///
    /// - Precondition: `digests` holds 32 bytes for each block.
    func hashBlocks(
        _ blocks: Range<Int>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) throws(DeviceError)

    /// Begins what `hashBlocks` does and returns. Until the digests are there no block of `blocks`
    /// is written; everything else may be.
    func beginHashing(
        _ blocks: Range<Int>,
        salt: [UInt8]
    ) throws(DeviceError) -> any ComingHashes

    /// Bytes worth reading back at once, whole blocks: enough to keep the device busy, and not so
    /// much that flushing each stretch costs more than it takes to write it.
    var stretch: Int { get }
}

/// Digests of blocks that are being read.
public protocol ComingHashes: AnyObject {
    /// Waits for all of them: 32 bytes each, in the order of their blocks. Called once.
    func wait() throws(DeviceError) -> [UInt8]
}

/// What a device could not do. `code` is the errno of the failed call.
public struct DeviceError: Error, Sendable, Hashable {
    public enum Operation: String, Sendable, Hashable {
        case read
        case write
        case flush
        case discard
    }
    public let operation: Operation
    public let offset: Int
    public let code: Int32

    public init(_ operation: Operation, at offset: Int, code: Int32) {
        self.operation = operation
        self.offset = offset
        self.code = code
    }
}

/// The three copies of the boot record on the EFI system partition, one sector each.
public protocol RecordStore: AnyObject {
    /// The first bytes of copy 0, 1 or 2 (at most 1024), read from the medium.
    ///
    /// Throws `.missing` when there is no such file, `.device` when the medium cannot be read.
    func readCopy(_ copy: Int) throws(RecordStoreError) -> [UInt8]

    /// All three copies, as `readCopy` reads them. A store that can do so cheaper than one by one
    /// has its own.
    func readCopies() -> [Result<[UInt8], RecordStoreError>]

    /// Replaces the 1024 bytes of a copy in one logical-sector write; durable when it returns.
    /// Creates the file anew when it is missing.
    ///
    /// - Precondition: `block` has 1024 bytes.
    func writeCopy(_ copy: Int, _ block: [UInt8]) throws(RecordStoreError)
}

extension RecordStore {
    public func readCopies() -> [Result<[UInt8], RecordStoreError>] {
        (0..<3).map { copy in
            Result { () throws(RecordStoreError) in try readCopy(copy) }
        }
    }
}

/// Why a copy of the record could not be read or written.
public enum RecordStoreError: Error, Sendable, Hashable {
    case missing
    case device(DeviceError)
    /// The file system itself makes no sense. `reason` is a fact, such as `no FAT signature`.
    case damaged(reason: String)
}

/// SHA-256, on the CPU's own instructions where it has them.
public protocol Hashing: Sendable {
    func sha256(_ bytes: Span<UInt8>) -> Digest

    /// The digests of `ranges` of `bytes`, in their order. May use threads of its own.
    func digests(of bytes: any SharedBytes, in ranges: [Range<Int>]) -> [Digest]

    /// Hashes each whole 4 KiB block of `blocks` with `salt` before it, 32 bytes each.
    func hashBlocks(
        _ blocks: Span<UInt8>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    )
}

extension Hashing {
    public func digests(of bytes: any SharedBytes, in ranges: [Range<Int>]) -> [Digest] {
        bytes.withBytes { all in ranges.map { sha256(all.extracting($0)) } }
    }
}

/// Ed25519 (RFC 8032).
public protocol SignatureChecking: Sendable {
    /// True only when `signature` (64 bytes) is `key`'s over exactly `message`.
    func isValid(_ signature: Span<UInt8>, of message: Span<UInt8>, by key: PublicKey) -> Bool
}

/// An Ed25519 public key as SubjectPublicKeyInfo (RFC 8410), 44 bytes of DER.
public struct PublicKey: Sendable, Hashable {
    public static let byteCount = 44

    /// SHA-256 of `der`.
    public let id: Digest
    public let der: [UInt8]

    public init(der: [UInt8], id: Digest) {
        self.der = der
        self.id = id
    }
}

/// Time as the engine sees it: for rates and estimates, never for decisions.
public protocol TimeSource: AnyObject {
    /// Since an arbitrary moment; never goes back.
    var now: Duration { get }
}

/// The node's account of the past.
public protocol HistoryStore: AnyObject {
    /// Every whole line, oldest first. A torn last line is not a line.
    func lines() throws(HistoryError) -> [[UInt8]]

    /// Adds a line (without its newline); durable when it returns.
    func append(_ line: [UInt8]) throws(HistoryError)
}

/// Why the history could not be read or written. `code` is the errno of the failed call.
public struct HistoryError: Error, Sendable, Hashable {
    public let code: Int32
    public init(code: Int32) { self.code = code }
}
