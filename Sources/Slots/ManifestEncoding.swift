extension Manifest {
    /// The bytes of `manifest.json`: one member a line, in the order of the format, ASCII where the
    /// values are. The same manifest gives the same bytes.
    public func encoded() -> [UInt8] {
        var object = FlatJSONWriter()
        object.add("format", Self.format)
        object.add("requires", requires)
        object.add("name", name)
        object.add("version", version.description)
        object.add("architecture", architecture)
        object.add("board", board)
        object.add("epoch", epoch)
        object.add("created", created.description)
        object.add("expires", expires?.description)
        object.add("minimumVersion", minimumVersion?.description)
        object.add("root.size", root.size)
        object.add("root.sha256", root.sha256.hex)
        object.add("root.verity", root.verity.hex)
        object.add("root.salt", root.salt.hex)
        object.add("chunks.algorithm", chunks.algorithm)
        object.add("chunks.minimum", chunks.minimum)
        object.add("chunks.average", chunks.average)
        object.add("chunks.maximum", chunks.maximum)
        object.add("chunks.count", chunks.count)
        object.add("chunks.sha256", chunks.sha256.hex)
        object.add("keys", keys.map(Base64.encode))
        object.add("threshold", threshold)
        object.add("loader.contract", loaderContract)
        object.add("loader.sha256", loaderDigest?.hex)
        object.add("state.readsMinimum", state.reads.lowerBound)
        object.add("state.readsMaximum", state.reads.upperBound)
        object.add("state.writes", state.writes)
        object.add("kernel", kernel)
        object.add("kubelet", kubelet)
        object.add("sbom", sbom?.hex)
        object.add("notes", notes)
        return object.lines(separator: ",\n", open: "{\n", close: "\n}\n")
    }

    /// True for letters, digits and `._+-`, 1 to 64 of them.
    public static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "+"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

/// Writes what `FlatJSON` reads, members in the order they were added.
public struct FlatJSONWriter: Sendable {
    private var members: [String] = []

    public init() {}

    public mutating func add(_ key: String, _ value: Int) {
        members.append("\(Self.quoted(key)): \(value)")
    }

    public mutating func add(_ key: String, _ value: String) {
        members.append("\(Self.quoted(key)): \(Self.quoted(value))")
    }

    public mutating func add(_ key: String, _ value: [String]) {
        let items = value.map(Self.quoted).joined(separator: ", ")
        members.append("\(Self.quoted(key)): [\(items)]")
    }

    /// Leaves the member out when there is no value.
    public mutating func add(_ key: String, _ value: String?) {
        if let value { add(key, value) }
    }

    /// The object as UTF-8 with `separator` between members.
    public func lines(separator: String, open: String, close: String) -> [UInt8] {
        Array((open + members.joined(separator: separator) + close).utf8)
    }

    /// A JSON string (RFC 8259, section 7).
    public static func quoted(_ text: String) -> String {
        // Most texts have nothing to escape, and are taken as they are.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) {
            return "\"\(text)\""
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<" ":
                result += "\\u00" + [UInt8(truncatingIfNeeded: scalar.value)].hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
