import Slots
import Testing

@testable import SlotsFetch

/// The same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator, Sendable {
    var state: UInt64 = 7

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}

extension FetchOptions {
    /// Plain http allowed, and no patience.
    static var testing: Self {
        var options = Self.standard
        options.allowsPlainHTTP = true
        options.connectTimeout = .seconds(5)
        options.stall = StallLimit(bytesPerSecond: 1, time: .seconds(2))
        options.retries = RetryPolicy(
            limit: 3,
            firstDelay: .milliseconds(5),
            longestDelay: .milliseconds(20),
            longestRetryAfter: .seconds(1)
        )
        return options
    }
}

extension BundleSource {
    static func testing(
        _ location: String,
        _ options: FetchOptions = .testing,
        expectsReuse: Bool = false,
        capacity: Int = 256 * 1024
    ) throws(SourceError) -> BundleSource {
        try BundleSource(
            location,
            options: options,
            expectsReuse: expectsReuse,
            capacity: capacity,
            random: SeededRandom()
        )
    }

    /// The next `count` bytes of the delivery, read in pieces.
    func take(_ count: Int, piece: Int = 16 * 1024) throws(SourceError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: min(piece, count - bytes.count))
            var span = buffer.mutableSpan
            try read(into: &span)
            bytes += buffer
        }
        return bytes
    }

    /// Reads all of it, in the order of the port, and compares with `bundle`. Answers what the
    /// source said about its delivery.
    @discardableResult
    func check(
        _ bundle: TestBundle,
        wanted: [Range<Int>]? = nil
    ) throws -> (delivery: Delivery, matches: Bool) {
        let statement = try readStatement()
        var matches = statement.manifest == bundle.manifest
        matches = matches && statement.signatures == bundle.signatures
        matches = try matches && readIndex(byteCount: bundle.index.count) == bundle.index
        let all = [0..<bundle.root.count]
        let delivery = try openRoot(rootSize: bundle.root.count, wanted: wanted ?? all)
        let expected = delivery == .whole ? all : wanted ?? all
        for range in expected {
            matches = try matches && take(range.count) == Array(bundle.root[range])
        }
        try finish()
        return (delivery, matches)
    }
}

/// What reading all of `source` led to, `nil` when all of it was as in `bundle`.
func failure(
    _ source: BundleSource,
    _ bundle: TestBundle,
    wanted: [Range<Int>]? = nil
) throws -> SourceError? {
    do {
        let matches = try source.check(bundle, wanted: wanted).matches
        #expect(matches)
        return nil
    } catch let error as SourceError {
        return error
    }
}

/// What `body` threw, `nil` when it went through.
func failure(_ body: () throws -> Void) -> SourceError? {
    do {
        try body()
        return nil
    } catch {
        return error as? SourceError
    }
}
