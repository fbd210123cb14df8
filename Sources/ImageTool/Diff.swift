import ArgumentParser
import Slots
import Trust

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what an upgrade would fetch",
        discussion: """
            For a node that runs OLD and holds nothing of NEW. Bytes are those of the bundle; \
            HTTP adds some hundred for each request.

            Example: keel-image diff keelos-1.1.0.keel keelos-1.2.0.keel
            """
    )

    @Argument(help: ArgumentHelp("Upgrade from this bundle", valueName: "old.keel"))
    var old: String

    @Argument(help: ArgumentHelp("Upgrade to this bundle", valueName: "new.keel"))
    var new: String

    @Flag(help: "Print one JSON object")
    var json = false

    /// What crosses the wire.
    struct Cost: Equatable {
        var rootSize: Int
        /// Bytes of chunks that the node does not have.
        var missingBytes: Int
        var missingChunks: Int
        /// Runs of missing chunks side by side: requests before any are merged.
        var missingRuns: Int
        /// Bytes of the root that are asked for: missing chunks and the gaps between merged ones.
        var rootBytes: Int
        /// Bytes before the root: headers, manifest, signatures, chunk index.
        var headBytes: Int
        /// One for the head, and one for each range.
        var requests: Int

        var bytes: Int { rootBytes + headBytes }
        /// In hundredths of a percent of the root.
        var share: Int { (bytes * 10_000 + rootSize / 2) / rootSize }
    }

    func run() throws {
        try report(unchanged: "Nothing was changed.") { () throws(ToolError) in
            let cost = try Self.cost(from: try BundleFile(old), to: try BundleFile(new))
            return json ? Self.encoded(cost) : text(cost)
        }
    }

    static func cost(
        from old: BundleFile,
        to new: BundleFile
    ) throws(ToolError) -> Cost {
        let hashing = OpenSSLHashing()
        let installed = try old.index(hashing: hashing)
        let index = try new.index(hashing: hashing)
        let plan = FetchPlan(from: installed, to: index)
        let have = Set(installed.chunks.map { $0.digest })
        let missing = index.chunks.filter { !have.contains($0.digest) }
        return Cost(
            rootSize: new.manifest.root.size,
            missingBytes: missing.reduce(0) { $0 + $1.length },
            missingChunks: missing.count,
            missingRuns: runs(of: missing),
            rootBytes: plan.fetchBytes,
            headBytes: new.members.root.lowerBound,
            requests: 1 + plan.wanted.count
        )
    }

    private static func runs(of chunks: [ChunkIndex.Chunk]) -> Int {
        guard !chunks.isEmpty else { return 0 }
        return zip(chunks, chunks.dropFirst()).reduce(1) { count, pair in
            pair.0.range.upperBound == pair.1.offset ? count : count + 1
        }
    }

    static func encoded(_ cost: Cost) -> String {
        var writer = FlatJSONWriter()
        writer.add("rootSize", cost.rootSize)
        writer.add("missingBytes", cost.missingBytes)
        writer.add("missingChunks", cost.missingChunks)
        writer.add("missingRuns", cost.missingRuns)
        writer.add("rootBytes", cost.rootBytes)
        writer.add("headBytes", cost.headBytes)
        writer.add("bytes", cost.bytes)
        writer.add("requests", cost.requests)
        return String(
            decoding: writer.lines(separator: ", ", open: "{", close: "}"),
            as: UTF8.self
        )
    }

    private func text(_ cost: Cost) -> String {
        let percent = "\(cost.share / 100).\(cost.share / 10 % 10)\(cost.share % 10) %"
        return """
            Upgrading from \(old) to \(new) fetches \(cost.bytes) bytes in \(cost.requests) \
            requests: \(percent) of the root's \(cost.rootSize).
            Missing chunks: \(cost.missingChunks) in \(cost.missingRuns) runs, \
            \(cost.missingBytes) bytes
            Asked for with the gaps between them: \(cost.rootBytes) bytes
            Before the root (manifest, signatures, index): \(cost.headBytes) bytes
            """
    }
}
