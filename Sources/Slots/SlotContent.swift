/// What a slot holds, read from the slot alone.
public enum SlotContent: Sendable, Hashable {
    /// No file system, and the first MiB is blank.
    case empty
    /// No file system: an install that was cut short, or a slot being written.
    case partial
    /// A file system whose trailer does not make sense to this trust.
    case unknown(Distrust?)
    /// A root with a trailer that this trust believes. By the order of an install, whole.
    case whole(Release)

    public var release: Release? {
        if case .whole(let release) = self { release } else { nil }
    }
}

/// Reads what a slot holds. Believes nothing that is not signed.
struct SlotInspector {
    let device: any BlockDevice
    let policy: TrustPolicy
    let hashing: any Hashing
    let checker: any SignatureChecking

    func inspect() throws(DeviceError) -> SlotContent {
        let head = try device.bytes(in: SlotLayout.head)
        guard let rootSize = Self.squashFSSize(head) else {
            return try isBlank(0..<min(1 << 20, device.size)) ? .empty : .partial
        }
        let trailerStart = SlotLayout.roundUp(rootSize)
        guard trailerStart + SlotLayout.blockSize <= device.size,
            let (manifest, signatures, index) = Trailer.lengths(
                try device.bytes(in: trailerStart..<(trailerStart + SlotLayout.blockSize))
            )
        else { return .unknown(nil) }
        let start = trailerStart + Trailer.headerSize
        guard start + manifest + signatures + index <= device.size else { return .unknown(nil) }
        let bytes = try device.bytes(in: start..<(start + manifest + signatures))
        let statement = SignedStatement(
            manifest: Array(bytes[..<manifest]),
            signatures: Array(bytes[manifest...])
        )
        do {
            let release = try policy.authenticate(statement, hashing: hashing, checker: checker)
            guard release.manifest.root.size == trailerStart,
                release.manifest.chunks.count * ChunkIndex.entrySize == index
            else { return .unknown(nil) }
            return .whole(release)
        } catch {
            return .unknown(error)
        }
    }

    /// Whether every byte is zero. In pieces, each compared as a whole: byte by byte this is most
    /// of what it takes to look at an empty slot.
    private func isBlank(_ range: Range<Int>) throws(DeviceError) -> Bool {
        let piece = 64 << 10
        let blank = [UInt8](repeating: 0, count: piece)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: piece) {
            let bytes = try device.bytes(in: start..<min(start + piece, range.upperBound))
            guard bytes.count == piece ? bytes == blank : bytes.allSatisfy({ $0 == 0 }) else {
                return false
            }
        }
        return true
    }

    /// The chunk index in the slot's trailer, checked against the release's manifest.
    func index(of release: Release) throws(DeviceError) -> ChunkIndex? {
        let start =
            SlotLayout(of: release).trailer.lowerBound + Trailer.headerSize
            + release.statement.manifest.count + release.statement.signatures.count
        let size = release.manifest.chunks.count * ChunkIndex.entrySize
        let bytes = try device.bytes(in: start..<(start + size))
        return try? ChunkIndex(parsing: bytes, for: release.manifest, hashing: hashing)
    }

    /// `bytes_used` of a SquashFS 4.0 superblock: 8 bytes at offset 40. `nil` when there is none.
    static func squashFSSize(_ head: [UInt8]) -> Int? {
        guard head.count >= 96, head.starts(with: [0x68, 0x73, 0x71, 0x73]) else { return nil }
        let size = UInt64(head.littleEndian32(at: 40)) | UInt64(head.littleEndian32(at: 44)) << 32
        guard (96...UInt64(Manifest.rootSizeLimit)).contains(size) else { return nil }
        return Int(size)
    }
}
