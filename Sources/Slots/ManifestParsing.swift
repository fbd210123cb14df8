/// Why `manifest.json` was refused before anybody looked at its signatures.
public enum ManifestError: Error, Sendable, Hashable {
    case tooLarge(size: Int, limit: Int)
    case notFlatJSON(FlatJSON.Fault)
    case unsupportedFormat(found: Int, known: Int)
    case unknownFeature(String)
    case missing(field: String)
    /// The field is there, but not of the form or in the range the format says.
    case invalid(field: String)
}

extension Manifest {
    /// Reads the exact bytes of a `manifest.json`. Format and features are looked at first, so that
    /// a manifest from the future is refused for what it is.
    public init(parsing bytes: [UInt8]) throws(ManifestError) {
        guard bytes.count <= SignedStatement.manifestLimit else {
            throw .tooLarge(size: bytes.count, limit: SignedStatement.manifestLimit)
        }
        let fields: Fields
        do {
            fields = Fields(json: try FlatJSON(parsing: bytes))
        } catch {
            throw .notFlatJSON(error)
        }
        let format = try fields.number("format", in: 0...Int.max)
        guard format == Self.format else {
            throw .unsupportedFormat(found: format, known: Self.format)
        }
        let requires = try fields.list("requires")
        for feature in requires where !Self.features.contains(feature) {
            throw .unknownFeature(feature)
        }
        self.init(
            name: try fields.word("name"),
            version: try fields.version("version"),
            board: try fields.word("board"),
            epoch: try fields.number("epoch", in: 0...Int(UInt32.max)),
            created: try fields.timestamp("created"),
            root: try fields.root(),
            chunks: try fields.chunks(),
            keys: try fields.keys(),
            threshold: try fields.number("threshold", in: 1...Self.keyLimit)
        )
        self.requires = requires
        architecture = try fields.word("architecture")
        guard threshold <= keys.count else { throw .invalid(field: "threshold") }
        guard chunks.count <= root.size, chunks.count * chunks.maximum >= root.size else {
            throw .invalid(field: "chunks.count")
        }
        loaderContract = try fields.number("loader.contract", in: 1...Int(UInt16.max))
        state = try fields.state()
        if fields.has("expires") { expires = try fields.timestamp("expires") }
        if fields.has("minimumVersion") { minimumVersion = try fields.version("minimumVersion") }
        if fields.has("loader.sha256") { loaderDigest = try fields.digest("loader.sha256") }
        if fields.has("sbom") { sbom = try fields.digest("sbom") }
        if fields.has("kernel") { kernel = try fields.word("kernel") }
        if fields.has("kubelet") { kubelet = try fields.word("kubelet") }
        if fields.has("notes") { notes = try fields.text("notes", limit: 1024) }
    }
}

/// Typed access to the members of the object; each getter names the field it refuses.
private struct Fields {
    let json: FlatJSON

    func has(_ field: String) -> Bool { json.members[field] != nil }

    func number(_ field: String, in range: ClosedRange<Int>) throws(ManifestError) -> Int {
        switch json.members[field] {
        case .number(let number) where range.contains(number): return number
        case nil: throw .missing(field: field)
        default: throw .invalid(field: field)
        }
    }

    func text(_ field: String, limit: Int) throws(ManifestError) -> String {
        switch json.members[field] {
        case .text(let text) where (1...limit).contains(text.utf8.count): return text
        case nil: throw .missing(field: field)
        default: throw .invalid(field: field)
        }
    }

    /// A name people and file systems can live with: letters, digits and `._+-`, at most 64.
    func word(_ field: String) throws(ManifestError) -> String {
        let text = try text(field, limit: 64)
        guard Manifest.isWord(text) else { throw .invalid(field: field) }
        return text
    }

    func list(_ field: String) throws(ManifestError) -> [String] {
        switch json.members[field] {
        case .list(let items): return items
        case nil: throw .missing(field: field)
        default: throw .invalid(field: field)
        }
    }

    func version(_ field: String) throws(ManifestError) -> Version {
        guard let version = Version(try text(field, limit: Version.lengthLimit)) else {
            throw .invalid(field: field)
        }
        return version
    }

    func timestamp(_ field: String) throws(ManifestError) -> Timestamp {
        guard let moment = Timestamp(try text(field, limit: 20)) else {
            throw .invalid(field: field)
        }
        return moment
    }

    func digest(_ field: String) throws(ManifestError) -> Digest {
        guard let digest = Digest(hex: try text(field, limit: 64)) else {
            throw .invalid(field: field)
        }
        return digest
    }

    func root() throws(ManifestError) -> Manifest.Root {
        let size = try number("root.size", in: 8192...Manifest.rootSizeLimit)
        guard size.isMultiple(of: 4096) else { throw .invalid(field: "root.size") }
        return Manifest.Root(
            size: size,
            sha256: try digest("root.sha256"),
            verity: try digest("root.verity"),
            salt: try digest("root.salt")
        )
    }

    func chunks() throws(ManifestError) -> Manifest.Chunks {
        let sizes = 1...Manifest.chunkSizeLimit
        let chunks = Manifest.Chunks(
            algorithm: try word("chunks.algorithm"),
            minimum: try number("chunks.minimum", in: sizes),
            average: try number("chunks.average", in: sizes),
            maximum: try number("chunks.maximum", in: sizes),
            count: try number("chunks.count", in: 1...Manifest.chunkCountLimit),
            sha256: try digest("chunks.sha256")
        )
        guard chunks.minimum <= chunks.average, chunks.average <= chunks.maximum else {
            throw .invalid(field: "chunks.average")
        }
        return chunks
    }

    func keys() throws(ManifestError) -> [[UInt8]] {
        let texts = try list("keys")
        var keys: [[UInt8]] = []
        for text in texts {
            guard let der = Base64.decode(text), der.count == PublicKey.byteCount,
                !keys.contains(der)
            else { throw .invalid(field: "keys") }
            keys.append(der)
        }
        guard (1...Manifest.keyLimit).contains(keys.count) else { throw .invalid(field: "keys") }
        return keys
    }

    func state() throws(ManifestError) -> Manifest.StateSchema {
        let numbers = 0...Int(UInt16.max)
        let minimum = try number("state.readsMinimum", in: numbers)
        let maximum = try number("state.readsMaximum", in: numbers)
        let writes = try number("state.writes", in: numbers)
        guard minimum <= maximum else { throw .invalid(field: "state.readsMaximum") }
        guard (minimum...maximum).contains(writes) else { throw .invalid(field: "state.writes") }
        return Manifest.StateSchema(reads: minimum...maximum, writes: writes)
    }
}
