public import Slots

/// The boot loader's two files, `EFI/BOOT/BOOTX64.EFI` and the spare `BOOTX64.OLD`, on a FAT file
/// system that is never mounted.
///
/// Invariant: the file in force is never written to. A new loader goes to the spare's clusters,
/// is read back, and then the two names trade places in one sector.
public struct LoaderFiles {
    /// Bytes a loader may have.
    public static let limit = 2 << 20

    static let loader = "BOOTX64.EFI"
    static let spare = "BOOTX64.OLD"
    static let folders = [ShortName("EFI"), ShortName("BOOT")]

    public enum Outcome: Sendable, Hashable {
        case replaced
        /// The loader in force has these bytes: nothing was written.
        case alreadyInPlace
    }

    private static let pieceSize = 64 << 10

    private let device: any BlockDevice

    /// `device` is the EFI system partition.
    public init(on device: any BlockDevice) { self.device = device }

    /// The bytes of the loader in force, with the zeros that fill its file.
    public func current() throws(LoaderError) -> [UInt8] {
        let found = try LoaderFilesFound(on: device)
        return try found.content(of: found.loader())
    }

    /// The contract that the loader in force states, as `LoaderImage.contract(of:)` finds it; never
    /// has all of the file in memory.
    public func contract() throws(LoaderError) -> Int? {
        let found = try LoaderFilesFound(on: device)
        return try found.contract(of: found.loader(), piece: Self.pieceSize)
    }

    /// Makes `bytes` the loader in force; durable and proven when it returns.
    ///
    /// The spare file's size stays: zeros fill it. Afterwards the spare holds the old loader.
    /// A power cut leaves the old loader or the new one. Repeating it does no harm.
    public func upgrade(to bytes: [UInt8]) throws(LoaderError) -> Outcome {
        guard bytes.count <= Self.limit else {
            throw .tooLarge(size: bytes.count, limit: Self.limit)
        }
        guard LoaderImage.isProgram(bytes) else { throw .notALoader }
        let found = try LoaderFilesFound(on: device)
        let loader = try found.loader()
        let old = try found.content(of: loader)
        if old == Self.filled(bytes, to: old.count) { return .alreadyInPlace }
        let spare = try found.spare()
        guard bytes.count <= spare.entry.size else {
            throw .tooLarge(size: bytes.count, limit: spare.entry.size)
        }
        guard bytes.count == spare.entry.size || !LoaderImage.isSigned(bytes) else {
            throw .signedButNotWhole(size: bytes.count, capacity: spare.entry.size)
        }
        guard found.isApart(spare), Set(loader.clusters).isDisjoint(with: spare.clusters) else {
            throw .crossLinked
        }
        guard
            loader.entry.offset / device.sectorSize == spare.entry.offset / device.sectorSize
        else { throw .notInOneSector }

        // 1. The new bytes, where no name the firmware knows leads.
        let filled = Self.filled(bytes, to: spare.entry.size)
        try found.write(filled, to: spare)
        guard try found.content(of: spare) == filled else {
            throw .notAsWritten(afterSwap: false)
        }
        // 2. The names trade places.
        try found.swap(loader.entry, spare.entry)
        guard try current() == filled else { throw .notAsWritten(afterSwap: true) }
        return .replaced
    }

    private static func filled(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: max(count - bytes.count, 0))
    }
}
