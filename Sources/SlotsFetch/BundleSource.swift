public import Slots

/// A bundle on a server, in a file or on standard input.
///
/// A thread of its own fetches ahead into a bounded ring while the consumer works, and takes a
/// broken transfer up again where it broke. Dropping the source ends both.
public final class BundleSource: ImageSource {
    /// Bytes fetched ahead at most, and of those that are on their way to the disk.
    static let ringCapacity = 2048 * 1024
    private static let root = "root.squashfs"

    private let stream: BundleStream
    private let members: MemberReader
    private var stage = Stage.head

    private enum Stage {
        case head
        /// `rest` bytes of a delivery are still to be read.
        case root(Delivery, offset: Int, rest: Int)
        case finished
    }

    /// Opens nothing yet.
    ///
    /// `location` is an `https`, `http` or `file` URL, the path of a file, or `-` for standard
    /// input. `expectsReuse` says that only parts of the root will be wanted: a server is then
    /// asked for the bundle's beginning first, not for all of it. `random` spreads retries.
    ///
    /// Throws `.unusable` for a location that cannot be opened at all.
    public convenience init(
        _ location: String,
        options: FetchOptions,
        expectsReuse: Bool,
        random: any RandomNumberGenerator & Sendable
    ) throws(SourceError) {
        try self.init(
            location,
            options: options,
            expectsReuse: expectsReuse,
            capacity: Self.ringCapacity,
            random: random
        )
    }

    init(
        _ location: String,
        options: FetchOptions,
        expectsReuse: Bool,
        capacity: Int,
        random: any RandomNumberGenerator & Sendable
    ) throws(SourceError) {
        let location = try Location(location, allowsPlainHTTP: options.allowsPlainHTTP) {
            WorkingFolder.path
        }
        stream = try BundleStream(
            location,
            options: options,
            opensWithPart: expectsReuse,
            capacity: capacity,
            random: random
        )
        members = MemberReader(stream)
    }

    public var traffic: Traffic { stream.traffic }

    public func readStatement() throws(SourceError) -> SignedStatement {
        SignedStatement(
            manifest: try members.read(limit: SignedStatement.manifestLimit),
            signatures: try members.read(limit: SignedStatement.signaturesLimit)
        )
    }

    public func readIndex(byteCount: Int) throws(SourceError) -> [UInt8] {
        try members.read(exactly: byteCount)
    }

    public func openRoot(rootSize: Int, wanted: [Range<Int>]) throws(SourceError) -> Delivery {
        let offset = try findRoot(rootSize)
        if let total = try stream.facts().total, total != members.layout.total {
            throw .malformed(.trailing(size: total, expected: members.layout.total))
        }
        let parts = Self.joined(wanted)
        precondition(
            parts.allSatisfy { (0...rootSize).contains($0.upperBound) },
            "parts of the root"
        )
        let knowsParts = try stream.knowsParts()
        if parts == [0..<rootSize] || !knowsParts, case .head = stage {
            stream.openRest()
            stage = .root(.whole, offset: offset, rest: rootSize)
            return .whole
        }
        try stream.openParts(parts.map { $0.lowerBound + offset..<$0.upperBound + offset })
        stage = .root(.ranges, offset: offset, rest: parts.reduce(0) { $0 + $1.count })
        return .ranges
    }

    public func read(into buffer: inout MutableSpan<UInt8>) throws(SourceError) {
        guard case .root(let delivery, let offset, let rest) = stage, buffer.count <= rest else {
            preconditionFailure("no more is read than the delivery holds")
        }
        guard try stream.read(into: &buffer) == buffer.count else {
            throw .malformed(.truncated(member: Self.root))
        }
        stage = .root(delivery, offset: offset, rest: rest - buffer.count)
    }

    public func lend(_ count: Int) throws(SourceError) -> (any SharedBytes)? {
        guard case .root(let delivery, let offset, let rest) = stage, count <= rest else {
            preconditionFailure("no more is read than the delivery holds")
        }
        guard let piece = try stream.lend(count) else { return nil }
        stage = .root(delivery, offset: offset, rest: rest - count)
        return piece
    }

    public func finish() throws(SourceError) {
        guard case .root(let delivery, let offset, 0) = stage, let size = members.layout.sizes.last
        else { preconditionFailure("a delivery is read before the end is checked") }
        if delivery == .ranges { stream.openRest(from: offset + size) }
        try checkEnd(offset + size)
        stage = .finished
    }

    private func findRoot(_ size: Int) throws(SourceError) -> Int {
        switch stage {
        case .head:
            return try members.find(exactly: size)
        case .root(.ranges, let offset, 0):
            precondition(members.layout.sizes.last == size, "the root keeps its size")
            return offset
        default:
            preconditionFailure("the delivery before was ranges, and was read")
        }
    }

    /// After the root come zeros up to a whole block, two blocks of zeros, and the end.
    private func checkEnd(_ offset: Int) throws(SourceError) {
        let expected = members.layout.total
        var tail = [UInt8](repeating: 0, count: expected - offset + 1)
        var span = tail.mutableSpan
        let count = try stream.read(into: &span)
        guard count == expected - offset else {
            let known = try stream.facts().total
            throw .malformed(.trailing(size: known ?? offset + count, expected: expected))
        }
        if let first = tail.firstIndex(where: { $0 != 0 }) {
            throw .malformed(.notAnArchive(reason: "byte \(offset + first) is not zero"))
        }
    }

    /// The same bytes in as few ranges as possible.
    private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges where !range.isEmpty {
            if let last = result.last, last.upperBound == range.lowerBound {
                result[result.count - 1] = last.lowerBound..<range.upperBound
            } else {
                result.append(range)
            }
        }
        return result
    }
}
