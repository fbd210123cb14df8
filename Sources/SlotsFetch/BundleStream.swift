import Slots

/// The bytes of a bundle, from wherever it lies: first in order, later in parts.
///
/// Owns the worker thread. Dropping it ends the transfer and the thread.
final class BundleStream {
    /// What the opening request asks for when only parts of the bundle will be needed: the
    /// statement, and often the index, fit.
    static let openingSize = 64 * 1024

    /// How long dropping waits for the worker: far more than it needs unless the kernel holds it.
    private static let patience = Duration.seconds(2)

    /// Offset in the bundle of the next byte, while reading in order.
    private(set) var position = 0
    let location: Location
    private let opensWithPart: Bool
    private let outlet: Outlet
    private let thread: WorkerThread
    private var reach = Reach.nothing
    private var goal = Goal.upTo(openingSize)
    /// Bytes of the window that parts began with, and how many of them were read.
    private var kept: [UInt8] = []
    private var keptTaken = 0

    /// What the current job will still bring.
    private enum Reach {
        /// Not begun.
        case nothing
        /// Everything up to here, in order.
        case window(end: Int)
        /// Everything up to the end of the bundle, in order.
        case everything
        /// Chosen parts.
        case parts
    }

    /// How far reading in order is meant to go.
    private enum Goal {
        case upTo(Int)
        case end
    }

    init(
        _ location: Location,
        options: FetchOptions,
        opensWithPart: Bool,
        capacity: Int,
        random: any RandomNumberGenerator & Sendable
    ) throws(SourceError) {
        self.location = location
        // Of a file, parts cost nothing to switch to later; a pipe has none.
        self.opensWithPart = opensWithPart && location.isServer
        let channel = Channel(capacity: capacity)
        outlet = Outlet(channel)
        let thread = WorkerThread { Fetcher.serve(channel, location, options, random: random) }
        guard let thread else { throw .unusable(reason: "no thread") }
        self.thread = thread
    }

    deinit {
        outlet.close()
        thread.join(within: Self.patience)
    }

    var traffic: Traffic { outlet.traffic }

    /// What the server said about the bundle; begins the transfer when nobody did.
    func facts() throws(SourceError) -> BundleFacts {
        if case .nothing = reach { try begin() }
        return try outlet.facts()
    }

    /// Whether `openParts` is worth calling.
    func knowsParts() throws(SourceError) -> Bool {
        let facts = try facts()
        switch location {
        case .standardInput: return false
        case .file: return facts.acceptsRanges
        // A server that streams: what is under way would be lost with its connection.
        case .server: return facts.acceptsRanges && !facts.isStream
        }
    }

    /// Fills `buffer` with the next bytes; answers fewer only where they end.
    func read(into buffer: inout MutableSpan<UInt8>) throws(SourceError) -> Int {
        var filled = takeKept(into: &buffer)
        while filled < buffer.count {
            let size = try prepare(buffer.count - filled)
            guard size > 0 else { break }
            let count = try outlet.read(into: &buffer, filled..<(filled + size))
            filled += count
            position += count
            guard count == size else { break }
        }
        return filled
    }

    /// The next `count` bytes where they lie; `nil`, and nothing is taken, when they do not lie in
    /// one piece.
    func lend(_ count: Int) throws(SourceError) -> (any SharedBytes)? {
        guard kept.isEmpty, try prepare(count) == count, let piece = try outlet.lend(count) else {
            return nil
        }
        position += count
        return piece
    }

    /// Says that reading in order will go on up to `end` at least: one request instead of several.
    func expect(upTo end: Int) {
        guard case .upTo(let goal) = goal else { return }
        self.goal = .upTo(max(goal, end))
    }

    /// Goes on in order to the end of the bundle.
    func openRest() {
        goal = .end
    }

    /// Jumps to `offset` and reads in order from there to the end.
    func openRest(from offset: Int) {
        position = offset
        goal = .end
        start([Request(start: offset, end: nil)], .everything)
    }

    /// Jumps to the parts and yields them end to end.
    ///
    /// - Precondition: they are ascending, disjoint and not empty, and lie after `position`.
    func openParts(_ parts: [Range<Int>]) throws(SourceError) {
        var far = parts[...]
        if case .window(let end) = reach {
            // What the window still holds need not be asked for again.
            while let part = far.first, part.lowerBound < end {
                let near = part.clamped(to: position..<end)
                _ = try take(near.lowerBound - position)
                kept += try take(near.count)
                far.removeFirst()
                if near.upperBound < part.upperBound {
                    far.insert(near.upperBound..<part.upperBound, at: far.startIndex)
                }
            }
            // An answer read to its end leaves the connection open for the next request.
            _ = try take(end - position)
        }
        start(far.map { Request(start: $0.lowerBound, end: $0.upperBound) }, .parts)
    }

    private func begin() throws(SourceError) {
        guard opensWithPart else {
            start([Request(start: 0, end: nil)], .everything)
            return
        }
        start([Request(start: 0, end: Self.openingSize)], .everything)
        let facts = try outlet.facts()
        if !facts.isStream {
            reach = .window(end: min(Self.openingSize, facts.total ?? Int.max))
        }
    }

    private func start(_ parts: [Request], _ reach: Reach) {
        self.reach = reach
        outlet.start(Job(parts: parts))
    }

    /// How many of `count` bytes the current job can bring; begins the next job where the
    /// current one has brought all it can. 0 at the end of the bundle.
    private func prepare(_ count: Int) throws(SourceError) -> Int {
        if case .nothing = reach { try begin() }
        guard case .window(let end) = reach else { return count }
        if position < end { return min(count, end - position) }
        let total = try facts().total
        if end == total { return 0 }
        switch goal {
        case .end:
            start([Request(start: end, end: nil)], .everything)
            return count
        case .upTo(let goal):
            let next = min(max(goal, end + Self.openingSize), total ?? Int.max)
            start([Request(start: end, end: next)], .window(end: next))
            return min(count, next - position)
        }
    }

    /// The next `count` bytes of the window.
    private func take(_ count: Int) throws(SourceError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let size = try outlet.read(into: &span, 0..<count)
        position += size
        bytes.removeLast(count - size)
        return bytes
    }

    private func takeKept(into buffer: inout MutableSpan<UInt8>) -> Int {
        let count = min(buffer.count, kept.count - keptTaken)
        guard count > 0 else { return 0 }
        for index in 0..<count { buffer[index] = kept[keptTaken + index] }
        keptTaken += count
        if keptTaken == kept.count {
            kept = []
            keptTaken = 0
        }
        return count
    }
}
