/// Where each chunk of a release comes from, and what must be asked of the network.
public struct FetchPlan: Sendable, Hashable {
    /// Where the bytes of one chunk are.
    public enum Source: Sendable, Hashable {
        case network
        /// Already at its place in the target.
        case inPlace
        /// At this offset of the running slot's root.
        case running(offset: Int)
    }

    /// More requests than this are merged, the smallest gaps first.
    public static let requestLimit = 48
    /// A gap that costs less than a request's own headers is not worth a request.
    static let gapWorthARequest = 1024
    /// From this share of the root on, one plain request is cheaper than many.
    static let wholeShare = (numerator: 9, denominator: 10)

    /// One for each chunk, or none when all of them come from the network: of a gigabyte they
    /// are one megabyte. Chunks in a merged gap come from the network like their neighbours.
    private let sources: [Source]
    /// Ascending, disjoint ranges of the root to ask for; the whole root when that is cheaper.
    public private(set) var wanted: [Range<Int>]
    public let rootSize: Int

    public var isWhole: Bool { wanted == [0..<rootSize] }
    /// Bytes of the root asked of the network.
    public var fetchBytes: Int { wanted.reduce(0) { $0 + $1.count } }

    /// Bytes of chunks that need not be written again.
    public let inPlaceBytes: Int
    /// Bytes of chunks copied from the running slot.
    public let runningBytes: Int

    public init(index: ChunkIndex, sources: [Source]) {
        precondition(sources.count == index.count, "one source for each chunk")
        // Walked, never kept: of a gigabyte the ranges alone would be one megabyte.
        let ranges = index.chunks.lazy.map(\.range)
        rootSize = ranges.reduce(0) { $1.upperBound }
        wanted = Self.merged(Self.runs(zip(ranges, sources)))
        let total = wanted.reduce(0) { $0 + $1.count }
        if total * Self.wholeShare.denominator >= rootSize * Self.wholeShare.numerator {
            wanted = [0..<rootSize]
        }
        var delivered = DeliveredRanges(wanted)
        var settled = sources
        var (inPlaceBytes, runningBytes) = (0, 0)
        for (chunk, range) in ranges.enumerated() {
            let isDelivered = delivered.contains(range.lowerBound)
            if isDelivered, case .running = settled[chunk] { settled[chunk] = .network }
            switch settled[chunk] {
            case .inPlace: inPlaceBytes += range.count
            case .running: runningBytes += range.count
            case .network: break
            }
        }
        self.sources = settled.allSatisfy { $0 == .network } ? [] : settled
        self.inPlaceBytes = inPlaceBytes
        self.runningBytes = runningBytes
    }

    /// Where a chunk comes from.
    public func source(ofChunk number: Int) -> Source {
        sources.isEmpty ? .network : sources[number]
    }

    private static func runs(_ chunks: some Sequence<(Range<Int>, Source)>) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for (range, source) in chunks where source == .network {
            if let last = runs.last, last.upperBound == range.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<range.upperBound
            } else {
                runs.append(range)
            }
        }
        return runs
    }

    private static func merged(_ runs: [Range<Int>]) -> [Range<Int>] {
        guard runs.count > 1 else { return runs }
        let gaps = zip(runs, runs.dropFirst()).map { $1.lowerBound - $0.upperBound }
        let mustGo = max(0, runs.count - requestLimit)
        let bySize = gaps.indices.sorted { (gaps[$0], $0) < (gaps[$1], $1) }
        var closed = Set(bySize.prefix(mustGo))
        closed.formUnion(gaps.indices.filter { gaps[$0] < gapWorthARequest })
        var merged = [runs[0]]
        for (gap, run) in runs.dropFirst().enumerated() {
            if closed.contains(gap) {
                merged[merged.count - 1] = merged[merged.count - 1].lowerBound..<run.upperBound
            } else {
                merged.append(run)
            }
        }
        return merged
    }
}

extension FetchPlan {
    /// Everything from the network, in one request.
    public init(fetchingAll index: ChunkIndex) {
        self.init(index: index, sources: Array(repeating: .network, count: index.count))
    }

    /// The plan when `installed` is all the node holds: what `diff` shows before there is a node.
    public init(from installed: ChunkIndex, to index: ChunkIndex) {
        let places = ChunkPlaces(installed)
        self.init(
            index: index,
            sources: index.chunks.map { chunk in
                places.offset(of: chunk).map { .running(offset: $0) } ?? .network
            }
        )
    }
}

/// Finds chunks of an installed release by their digests.
struct ChunkPlaces {
    private let index: ChunkIndex
    /// Entries ordered by digest prefix: 16 bytes each, no table of allocations.
    private let entries: [(prefix: UInt64, chunk: UInt32)]
    private let offsets: [Int]

    init(_ index: ChunkIndex) {
        self.index = index
        var entries: [(prefix: UInt64, chunk: UInt32)] = []
        entries.reserveCapacity(index.count)
        var offsets: [Int] = []
        offsets.reserveCapacity(index.count)
        for (number, chunk) in index.chunks.enumerated() {
            entries.append((chunk.digest.prefix, UInt32(number)))
            offsets.append(chunk.offset)
        }
        entries.sort { ($0.prefix, $0.chunk) < ($1.prefix, $1.chunk) }
        self.entries = entries
        self.offsets = offsets
    }

    /// Where a chunk of the same digest and length lies; the first one, when there are several.
    func offset(of chunk: ChunkIndex.Chunk) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].prefix < chunk.digest.prefix {
                low = middle + 1
            } else {
                high = middle
            }
        }
        while low < entries.count, entries[low].prefix == chunk.digest.prefix {
            let number = Int(entries[low].chunk)
            if index.digest(at: number) == chunk.digest, index.length(at: number) == chunk.length {
                return offsets[number]
            }
            low += 1
        }
        return nil
    }
}
