public import Slots

/// A server in memory, with its moods.
public final class SimulatedSource: ImageSource {
    /// What goes wrong on the wire.
    public enum Fault: Sendable, Hashable {
        /// The line is cut for good after this many bytes of the root.
        case cut(after: Int)
        /// The server goes silent after this many bytes; the stall timeout ends it.
        case stall(after: Int)
        /// The root ends early although the header promised its full length.
        case short(by: Int)
        /// From this byte of the root on, the file is another one and nobody says so.
        case swapped(after: Int)
        /// The file is another one at the second request, and the validator tells.
        case changedBetweenRequests
        /// One bit of the root arrives wrong.
        case flipped(at: Int)
    }

    private let bundle: SimulatedRelease
    private let knowsRanges: Bool
    private let fault: Fault?
    private var ranges: [Range<Int>] = []
    private var delivered = 0
    private var opened = 0
    /// Bytes of the root handed out, in order.
    public private(set) var rootRanges: [Range<Int>] = []

    public init(_ bundle: SimulatedRelease, knowsRanges: Bool = true, fault: Fault? = nil) {
        self.bundle = bundle
        self.knowsRanges = knowsRanges
        self.fault = fault
    }

    public var traffic: Traffic { Traffic(bytes: delivered, requests: opened) }
    public var rootBytes: Int { delivered }

    public func readStatement() throws(SourceError) -> SignedStatement { bundle.statement }

    public func readIndex(byteCount: Int) throws(SourceError) -> [UInt8] {
        guard bundle.index.bytes.count == byteCount else {
            throw .malformed(
                .wrongSize(
                    member: "chunks.idx",
                    size: bundle.index.bytes.count,
                    expected: byteCount
                )
            )
        }
        return bundle.index.bytes
    }

    public func openRoot(rootSize: Int, wanted: [Range<Int>]) throws(SourceError) -> Delivery {
        opened += 1
        guard bundle.root.count == rootSize else {
            throw .malformed(
                .wrongSize(member: "root.squashfs", size: bundle.root.count, expected: rootSize)
            )
        }
        if fault == .changedBetweenRequests, opened > 1 || wanted != [0..<rootSize] {
            throw .changed
        }
        let isWhole = !knowsRanges || wanted == [0..<rootSize]
        ranges = isWhole ? [0..<rootSize] : wanted
        return isWhole ? .whole : .ranges
    }

    public func read(into buffer: inout MutableSpan<UInt8>) throws(SourceError) {
        var filled = 0
        while filled < buffer.count {
            guard let range = ranges.first else {
                throw .malformed(.truncated(member: "root.squashfs"))
            }
            let count = min(range.count, buffer.count - filled)
            for index in 0..<count {
                buffer[filled + index] = try byte(at: range.lowerBound + index)
                delivered += 1
            }
            rootRanges.append(range.lowerBound..<(range.lowerBound + count))
            filled += count
            ranges[0] = (range.lowerBound + count)..<range.upperBound
            if ranges[0].isEmpty { ranges.removeFirst() }
        }
    }

    /// Lends what comes without a fault.
    public func lend(_ count: Int) throws(SourceError) -> (any SharedBytes)? {
        let before = (ranges, delivered, rootRanges)
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        do {
            try read(into: &span)
            return ArrayBytes(bytes)
        } catch {
            (ranges, delivered, rootRanges) = before
            return nil
        }
    }

    public func finish() throws(SourceError) {}

    private func byte(at position: Int) throws(SourceError) -> UInt8 {
        let byte = bundle.root[position]
        switch fault {
        case .cut(let after) where delivered >= after:
            throw .unreachable(reason: "connection reset", attempts: 8)
        case .stall(let after) where delivered >= after:
            throw .unreachable(reason: "timed out", attempts: 8)
        case .short(let missing) where position >= bundle.root.count - missing:
            throw .malformed(.truncated(member: "root.squashfs"))
        case .swapped(let after) where position >= after: return byte ^ 0x5a
        case .flipped(let at) where position == at: return byte ^ 0x01
        default: return byte
        }
    }
}
