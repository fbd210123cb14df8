import Slots
import SlotsDisk

/// What a node was given when its disk was made: files for its data partition, until the first boot
/// has put them there.
///
/// They lie at the start of the partition `KEELOS_GIVEN`:
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 4096 | `KEELOS GIVEN 1 LENGTH SUM`, newline, zeros; SUM is the CRC-32 of the content |
/// | 4096 | LENGTH | a flat JSON object: a name below the agent's state folder, and the text |
///
/// Zeros at the start are nothing given, or nothing left of it.
public struct GivenFiles: Sendable, Hashable {
    /// What may be given. Where each is read again is for the agent to know.
    public static let names: Set = [
        "machine-id", "join-secret", "identity/agent.key", "identity/agent.crt",
        "config/current.json",
    ]
    /// Of which nobody but the node may know.
    public static let secrets: Set = ["join-secret", "identity/agent.key"]
    /// Bytes of the partition.
    public static let size = Layout.alignment
    private static let headSize = 4096
    private static let mark = "KEELOS GIVEN 1"

    public let files: [String: String]

    /// - Precondition: each name is among `names`.
    public init(_ files: [String: String]) {
        precondition(Self.names.isSuperset(of: files.keys), "a file that a node may be given")
        self.files = files
    }

    /// Whether some of it is secret.
    public var hasSecrets: Bool { !Self.secrets.isDisjoint(with: files.keys) }

    /// The partition's first bytes, whole blocks of 4096; `nil` when it would not hold them.
    public func encoded() -> [UInt8]? {
        var object = FlatJSONWriter()
        for (name, text) in files.sorted(by: { $0.key < $1.key }) { object.add(name, text) }
        let content = object.lines(separator: ",\n", open: "{\n", close: "\n}\n")
        var bytes = Array("\(Self.mark) \(content.count) \(content.crc32)\n".utf8)
        bytes += [UInt8](repeating: 0, count: Self.headSize - bytes.count) + content
        bytes += [UInt8](repeating: 0, count: (4096 - bytes.count % 4096) % 4096)
        return bytes.count <= Self.size ? bytes : nil
    }

    /// What a partition's bytes say was given.
    public enum Found: Sendable, Hashable {
        case nothing
        case files(GivenFiles)
        /// Something was given, and cannot be told any more.
        case damaged
    }

    /// Reads a partition's bytes, all of them.
    public static func find(in bytes: [UInt8]) -> Found {
        guard bytes.count >= headSize else { return .damaged }
        let head = bytes.prefix(headSize)
        guard head.contains(where: { $0 != 0 }) else { return .nothing }
        let line = String(decoding: head.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard words.count == 5, line.hasPrefix(mark + " "), let length = Int(words[3]),
            let sum = Int(words[4]), (0...(bytes.count - headSize)).contains(length)
        else { return .damaged }
        let content = Array(bytes[headSize..<(headSize + length)])
        guard content.crc32 == sum, let object = try? FlatJSON(parsing: content) else {
            return .damaged
        }
        var files: [String: String] = [:]
        for (name, value) in object.members {
            guard names.contains(name), case .text(let text) = value else { return .damaged }
            files[name] = text
        }
        return .files(GivenFiles(files))
    }
}
