public import Slots

/// A disk that keeps its promises and not one more: until a flush, each physical sector that was
/// written may come out of a power cut new, old, in an earlier state, half and half, or as noise.
public final class SimulatedDisk: BlockDevice {
    public let name: String
    public let size: Int
    public let sectorSize: Int
    /// What the medium writes at once, and may tear: 512 or 4096.
    public let physicalSize: Int
    private let power: Power
    private let hashing: any Hashing
    private let blank: [UInt8]

    /// Sectors that survive. A missing one is zero.
    private var durable: [Int: [UInt8]] = [:] { didSet { generation += 1 } }
    /// Rises with every change of what is durable.
    public private(set) var generation = 0
    /// Every state of a sector since the last flush, oldest first.
    private var pending: [Int: [[UInt8]]] = [:]

    /// Small, so that an install of a small release reads back while it still writes.
    public let stretch = 16 << 10

    /// Whether a power cut may tear a sector. Without, each comes out old or new.
    public var tearsSectors = true

    /// Called after every accepted write.
    public var onWrite: ((Range<Int>) -> Void)?
    /// The nth write from now reaches the medium with one bit wrong, though the cache still returns
    /// it right.
    public var spoilsWrite: Int?
    /// The nth write from now fails. It may have reached the medium all the same.
    public var failsWrite: (index: Int, reachesMedium: Bool)?
    /// Reading these bytes fails.
    public var unreadable: [Range<Int>] = []
    public private(set) var discarded: [Range<Int>] = []

    public init(
        _ name: String,
        size: Int,
        sectorSize: Int,
        physicalSize: Int,
        power: Power,
        hashing: any Hashing
    ) {
        self.name = name
        self.size = size
        self.sectorSize = sectorSize
        self.physicalSize = physicalSize
        self.power = power
        self.hashing = hashing
        blank = [UInt8](repeating: 0, count: physicalSize)
    }

    public func read(
        into buffer: inout MutableSpan<UInt8>,
        at offset: Int
    ) throws(DeviceError) {
        guard power.isOn else { throw DeviceError(.read, at: offset, code: 5) }
        let range = offset..<(offset + buffer.count)
        precondition(range.upperBound <= size, "reads stay inside the device")
        guard !unreadable.contains(where: { $0.overlaps(range) }) else {
            throw DeviceError(.read, at: offset, code: 5)
        }
        forEachSector(in: range) { sector, inSector, inRange in
            let content = pending[sector]?.last ?? durable[sector] ?? blank
            for index in 0..<inSector.count {
                buffer[inRange + index] = content[inSector.lowerBound + index]
            }
        }
    }

    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError) {
        let range = offset..<(offset + bytes.count)
        precondition(range.upperBound <= size, "writes stay inside the device")
        guard power.spend("\(name): write \(range)") else {
            throw DeviceError(.write, at: offset, code: 5)
        }
        let failure = failsWrite
        if let failure {
            failsWrite = failure.index == 0 ? nil : (failure.index - 1, failure.reachesMedium)
        }
        if failure?.index != 0 || failure?.reachesMedium == true { accept(bytes, range) }
        if let spoils = spoilsWrite { spoilsWrite = spoils == 0 ? -1 : max(-1, spoils - 1) }
        if failure?.index == 0 { throw DeviceError(.write, at: offset, code: 5) }
        onWrite?(range)
    }

    public func flush() throws(DeviceError) {
        guard power.spend("\(name): flush \(pending.count) sectors") else {
            throw DeviceError(.flush, at: 0, code: 5)
        }
        durable.merge(pending.compactMapValues(\.last)) { $1 }
        if spoilsWrite == -1, let sector = spoiled, pending[sector] != nil {
            durable[sector]?[physicalSize / 2] ^= 0x10
            spoilsWrite = nil
        }
        pending = [:]
    }

    public func discard(_ range: Range<Int>) throws(DeviceError) {
        guard power.spend("\(name): discard \(range)") else {
            throw DeviceError(.discard, at: range.lowerBound, code: 5)
        }
        discarded.append(range)
        let first = (range.lowerBound + physicalSize - 1) / physicalSize
        for sector in first..<max(first, range.upperBound / physicalSize) {
            guard durable[sector] != nil || pending[sector] != nil else { continue }
            durable[sector] = [UInt8](repeating: 0xde, count: physicalSize)
            pending[sector] = nil
        }
    }

    public func hashBlocks(
        _ blocks: Range<Int>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) throws(DeviceError) {
        var bytes = [UInt8](repeating: 0, count: blocks.count * SlotLayout.blockSize)
        var span = bytes.mutableSpan
        try read(into: &span, at: blocks.lowerBound * SlotLayout.blockSize)
        hashing.hashBlocks(bytes.span, salt: salt, into: &digests)
    }

    // MARK: what only the simulation may do

    /// Settles every unflushed sector by chance.
    public func losePower(using generator: inout SeededGenerator) {
        for (sector, states) in pending.sorted(by: { $0.key < $1.key }) {
            let old = durable[sector] ?? blank
            let new = states[states.count - 1]
            switch Int.random(in: 0..<(tearsSectors ? 5 : 4), using: &generator) {
            case 0: break
            case 1, 2: durable[sector] = new
            case 3: durable[sector] = states.randomElement(using: &generator)
            default: durable[sector] = torn(old, new, using: &generator)
            }
        }
        pending = [:]
    }

    /// What would be left if the power went now and nothing unflushed survived.
    public func durableBytes(_ range: Range<Int>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        forEachSector(in: range) { sector, inSector, inRange in
            guard let content = durable[sector] else { return }
            bytes.replaceSubrange(inRange..<(inRange + inSector.count), with: content[inSector])
        }
        return bytes
    }

    /// Whether `bytes` lie durably at the start.
    public func begins(with bytes: [UInt8]) -> Bool {
        for start in stride(from: 0, to: bytes.count, by: physicalSize) {
            let end = min(start + physicalSize, bytes.count)
            guard let content = durable[start / physicalSize] else { return false }
            guard content[..<(end - start)] == bytes[start..<end] else { return false }
        }
        return true
    }

    /// What is durable, to begin other disks with.
    public struct Content: Sendable {
        var sectors: [Int: [UInt8]] = [:]
        public init() {}
    }

    public var content: Content {
        var content = Content()
        content.sectors = durable
        return content
    }

    /// Makes the disk hold what another of the same physical sector size held.
    public func restore(_ content: Content) {
        durable = content.sectors
        pending = [:]
    }

    /// Puts bytes onto the medium behind everybody's back.
    public func tamper(_ bytes: [UInt8], at offset: Int) {
        forEachSector(in: offset..<(offset + bytes.count)) { sector, inSector, inRange in
            var content = durable[sector] ?? blank
            content.replaceSubrange(inSector, with: bytes[inRange..<(inRange + inSector.count)])
            durable[sector] = content
            pending[sector] = nil
        }
    }

    private var spoiled: Int?

    private func accept(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        forEachSector(in: range) { sector, inSector, inRange in
            var content =
                pending[sector]?.last ?? durable[sector] ?? blank
            for index in 0..<inSector.count {
                content[inSector.lowerBound + index] = bytes[inRange + index]
            }
            pending[sector, default: []].append(content)
            if spoilsWrite == 0 { spoiled = sector }
        }
    }

    private func torn(
        _ old: [UInt8],
        _ new: [UInt8],
        using generator: inout SeededGenerator
    ) -> [UInt8] {
        if Bool.random(using: &generator) { return generator.bytes(physicalSize) }
        let cut = Int.random(in: 1..<physicalSize, using: &generator)
        return Bool.random(using: &generator)
            ? Array(new[..<cut] + old[cut...]) : Array(old[..<cut] + new[cut...])
    }

    private func forEachSector(
        in range: Range<Int>,
        _ body: (_ sector: Int, _ inSector: Range<Int>, _ inRange: Int) -> Void
    ) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let sector = offset / physicalSize
            let end = min(range.upperBound, (sector + 1) * physicalSize)
            let start = offset - sector * physicalSize
            body(sector, start..<(start + end - offset), offset - range.lowerBound)
            offset = end
        }
    }
}
