import Simulator
import Slots
import SlotsFetch
import Syscalls

/// A bundle in a file, read as an upgrade reads it: each member is what lies at its place, whole or
/// in parts, and nothing follows the last one.
struct BundleTarget: FuzzTarget {
    static let name = "bundle"
    static let rounds = 150
    static let dialect = Dialect.tar

    private let path: String
    private let options: FetchOptions

    init() throws {
        path = "/tmp/keel-fuzz-bundle-" + (try RandomSource.bytes(8)).hex
        var options = FetchOptions.standard
        options.retries = RetryPolicy(
            limit: 0,
            firstDelay: .zero,
            longestDelay: .zero,
            longestRetryAfter: .zero
        )
        self.options = options
    }

    func seeds() throws -> [[UInt8]] {
        let bundle = TarImage.bundle(
            manifest: Array("{\"format\": 1}".utf8),
            signatures: Array("key ed25519 signature\n".utf8),
            index: (0..<36).map { UInt8($0) },
            root: (0..<700).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        )
        let empty = TarImage.bundle(manifest: [], signatures: [], index: [], root: [])
        return [bundle, empty]
    }

    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        TarMending.mend(&input, using: &generator)
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        try must("no file") { () throws(Errno) in
            let file = try Descriptor(opening: path, for: .writing, [.create, .truncate])
            try file.write(input.span, at: 0)
        }
        defer { try? File.remove(path) }
        let places = Self.places(in: input)
        let whole = try read(input, places, inParts: false)
        let parts = try read(input, places, inParts: true)
        try promise(whole == parts, "read whole: \(whole), in parts: \(parts)")
        return whole
    }

    private func read(
        _ input: [UInt8],
        _ places: [Range<Int>],
        inParts: Bool
    ) throws(BrokenPromise) -> String {
        let root = places[3]
        let wanted = inParts ? Self.parts(of: root.count) : [0..<root.count]
        var found: [[UInt8]] = []
        do {
            let source = try BundleSource(
                path,
                options: options,
                expectsReuse: inParts,
                random: SeededGenerator(seed: 1)
            )
            let statement = try source.readStatement()
            found = [statement.manifest, statement.signatures]
            found.append(try source.readIndex(byteCount: places[2].count))
            let delivery = try source.openRoot(rootSize: root.count, wanted: wanted)
            for range in delivery == .whole ? [0..<root.count] : wanted {
                var bytes = [UInt8](repeating: 0, count: range.count)
                var span = bytes.mutableSpan
                try source.read(into: &span)
                let start = root.lowerBound + range.lowerBound
                try promise(
                    start + range.count <= input.count
                        && input[start..<(start + range.count)] == bytes[...],
                    "the root is not at \(root.lowerBound)"
                )
            }
            try source.finish()
        } catch let broken as BrokenPromise {
            throw broken
        } catch {
            return ending(error)
        }
        for (place, bytes) in zip(places, found) {
            try promise(
                place.upperBound <= input.count && input[place] == bytes[...],
                "a member is not at \(place)"
            )
        }
        let end = TarImage.padded(root.upperBound) + 1024
        try promise(input.count == end, "\(input.count) bytes instead of \(end)")
        return "read"
    }

    /// Where the members are if every header says its size in octal.
    private static func places(in input: [UInt8]) -> [Range<Int>] {
        var start = 0
        return (0..<4).map { _ in
            let size = min(TarImage.size(in: input, at: start) ?? 36, 1 << 20)
            let place = (start + 512)..<(start + 512 + size)
            start = TarImage.padded(place.upperBound)
            return place
        }
    }

    private static func parts(of size: Int) -> [Range<Int>] {
        size < 8 ? [0..<size] : [1..<(size / 4), (size / 2)..<(size - 1)]
    }
}
