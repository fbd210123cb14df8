import Simulator
import Slots
import Trust

/// Any flat object: what is read and written again is read the same.
struct JSONTarget: FuzzTarget {
    static let name = "json"
    static let rounds = 6000
    static let dialect = Dialect(limit: 16 << 10, tokens: Dialect.json)

    func seeds() -> [[UInt8]] {
        [
            "{}", "{\"a\": \"x\\n\\u00e9\\ud83d\\ude00\", \"b\": 0, \"c\": [\"p\", \"q\"]}\n",
            "{\"threshold\": 1, \"epoch\": 1, \"board\": \"x86_64-uefi\"}",
        ]
        .map { Array($0.utf8) }
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let json: FlatJSON
        do { json = try FlatJSON(parsing: input) } catch { return ending(error) }
        try promise(json.members.count <= input.count, "more members than bytes")
        var writer = FlatJSONWriter()
        for (key, value) in json.members.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .text(let text): writer.add(key, text)
            case .number(let number): writer.add(key, number)
            case .list(let list): writer.add(key, list)
            }
        }
        let text = writer.lines(separator: ", ", open: "{", close: "}")
        let again = try must("what was written is refused") { () throws(FlatJSON.Fault) in
            try FlatJSON(parsing: text)
        }
        try promise(again == json, "what was written is read differently")
        return "read, \(min(json.members.count, 4)) members"
    }
}

/// A manifest: in order, within every limit, and the same when it is written and read again.
struct ManifestTarget: FuzzTarget {
    static let name = "manifest"
    static let rounds = 2000
    static let dialect = Dialect(
        limit: 66 << 10,
        tokens: Dialect.json + [
            "\"format\": 1,", "\"requires\": [],", "\"notes\": \"\",", "\"expires\": \"",
            "\"minimumVersion\": \"1.0.0-rc.1+b\",", "2030-02-29T23:59:60Z", "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:59Z", "\"kernel\": \"6.1\",", "1.2.3-0a.-.--", "1.02.3", "A==", "=",
        ]
    )

    func seeds() throws -> [[UInt8]] {
        var full = try TestReleases.one().manifest
        full.expires = Timestamp("2030-02-28T23:59:59Z")
        full.minimumVersion = Version("0.9.0-rc.1+build.5")
        full.loaderDigest = full.root.sha256
        full.sbom = full.root.verity
        full.kernel = "6.1.0-56"
        full.kubelet = "1.20.2"
        full.notes = "https://host/notes \"quoted\""
        return [try TestReleases.one().statement.manifest, full.encoded()]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let manifest: Manifest
        do { manifest = try Manifest(parsing: input) } catch { return ending(error) }
        try promise(input.count <= SignedStatement.manifestLimit, "a manifest beyond the limit")
        let root = manifest.root.size
        try promise(root >= 8192 && root.isMultiple(of: 4096), "a root of \(root) bytes")
        let keys = manifest.keys
        try promise(Set(keys).count == keys.count && keys.count <= Manifest.keyLimit, "\(keys)")
        try promise((1...keys.count).contains(manifest.threshold), "an unreachable threshold")
        let chunks = manifest.chunks
        try promise(
            (1...root).contains(chunks.count) && chunks.count * chunks.maximum >= root,
            "\(chunks.count) chunks cannot be \(root) bytes"
        )
        let bytes = manifest.encoded()
        let again = try must("what was encoded is refused") { () throws(ManifestError) in
            try Manifest(parsing: bytes)
        }
        try promise(again == manifest, "what was encoded is read differently")
        try promise(again.encoded() == bytes, "the same manifest gives other bytes")
        return "read"
    }
}

/// `chunks.idx`: accepted for exactly the manifest that says so, when its lengths are in range and
/// add up, and then without a gap.
struct IndexTarget: FuzzTarget {
    static let name = "index"
    static let rounds = 5000
    static let dialect = Dialect(
        limit: 64 * ChunkIndex.entrySize,
        fields: (0..<8).map { Dialect.Field($0 * ChunkIndex.entrySize, 4) },
        unit: ChunkIndex.entrySize
    )
    private let signed: SimulatedRelease
    private let hashing = OpenSSLHashing()

    init() throws { signed = try TestReleases.one() }

    func seeds() -> [[UInt8]] { [signed.index.bytes] }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let other = Result { () throws(ChunkIndexError) in
            try ChunkIndex(parsing: input, for: signed.manifest, hashing: hashing)
        }
        let isSigned = input == signed.index.bytes
        try promise(
            ((try? other.get()) != nil) == isSigned,
            "an index that nobody signed: \(other)"
        )
        // The same bytes under a manifest that names them.
        let lengths = stride(from: 0, to: input.count / ChunkIndex.entrySize, by: 1).map { index in
            input[(index * ChunkIndex.entrySize)...].prefix(4).reversed()
                .reduce(0) { $0 << 8 | Int($1) }
        }
        var manifest = signed.manifest
        manifest.chunks.count = input.count / ChunkIndex.entrySize
        manifest.chunks.sha256 = hashing.sha256(input.span)
        manifest.root.size = lengths.reduce(0, +)
        let isGood =
            input.count.isMultiple(of: ChunkIndex.entrySize)
            && lengths.allSatisfy { (1...Manifest.chunkSizeLimit).contains($0) }
        let index: ChunkIndex
        do { index = try ChunkIndex(parsing: input, for: manifest, hashing: hashing) } catch {
            try promise(!isGood, "refused with \(error)")
            return ending(error)
        }
        try promise(isGood, "accepted lengths \(lengths)")
        var end = 0
        for chunk in index.chunks {
            try promise(chunk.offset == end, "a gap before \(chunk.offset)")
            end = chunk.range.upperBound
        }
        try promise(end == manifest.root.size, "chunks of \(end) bytes")
        let plan = FetchPlan(fetchingAll: index)
        try promise(plan.fetchBytes == end, "a plan for \(plan.fetchBytes) of \(end) bytes")
        return "accepted, \(min(index.count, 4)) chunks"
    }
}
