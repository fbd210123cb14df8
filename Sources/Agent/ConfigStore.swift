import API
import Slots
import SwiftProtobuf

/// The configuration that is kept.
struct KeptConfig: Sendable, Equatable {
    var config: Keel_V1_NodeConfig
    /// Rises with every change that was kept.
    var generation: Int
    /// The try that became this; empty for the default.
    var id: String

    /// Before anybody set anything.
    static var initial: KeptConfig {
        var config = Keel_V1_NodeConfig()
        config.version = 1
        return KeptConfig(config: config, generation: 0, id: "")
    }
}

/// The configuration on the disk: `config/current.json`, and `config/try.json` while one is tried.
///
/// Both are flat JSON objects; the document itself is text in the JSON form of protobuf. A try is
/// on the disk before it is applied, so that a node that restarts in the middle knows to go back.
struct ConfigStore: Sendable {
    static let currentFile = "config/current.json"
    static let tryFile = "config/try.json"
    private static let limit = 4 << 20

    let state: StateFolder

    func current() throws(StateError) -> KeptConfig {
        guard let bytes = try state.read(Self.currentFile, limit: Self.limit) else {
            return .initial
        }
        guard let members = (try? FlatJSON(parsing: bytes))?.members,
            case .number(let generation) = members["generation"],
            case .text(let id) = members["id"],
            let config = Self.config(members["config"])
        else { throw StateError(.read, Self.currentFile, .invalid) }
        return KeptConfig(config: config, generation: generation, id: id)
    }

    func keep(_ kept: KeptConfig) throws(StateError) {
        guard let bytes = kept.config.kept(generation: kept.generation, id: kept.id) else {
            throw StateError(.write, Self.currentFile, .invalid)
        }
        try state.write(Self.currentFile, bytes)
    }

    /// The try that waits for its confirmation; `nil` when none does, or when it is unreadable:
    /// then nobody can confirm it, and going back is right.
    func pending() throws(StateError) -> Keel_V1_ConfigTry? {
        guard let bytes = try state.read(Self.tryFile, limit: Self.limit),
            let members = (try? FlatJSON(parsing: bytes))?.members,
            case .text(let id) = members["id"],
            case .number(let deadline) = members["deadline"],
            case .text(let startedBy) = members["startedBy"],
            let config = Self.config(members["config"])
        else { return nil }
        var pending = Keel_V1_ConfigTry()
        pending.id = id
        pending.deadline = Int64(deadline)
        pending.startedBy = startedBy
        pending.config = config
        return pending
    }

    func keep(_ pending: Keel_V1_ConfigTry) throws(StateError) {
        var file = FlatJSONWriter()
        file.add("id", pending.id)
        file.add("deadline", Int(pending.deadline))
        file.add("startedBy", pending.startedBy)
        try add(pending.config, to: &file, Self.tryFile)
        try state.write(Self.tryFile, Self.bytes(file))
    }

    func removeTry() throws(StateError) { try state.remove(Self.tryFile) }

    private func add(
        _ config: Keel_V1_NodeConfig,
        to file: inout FlatJSONWriter,
        _ name: String
    ) throws(StateError) {
        do {
            let bytes: [UInt8] = try config.jsonUTF8Bytes()
            file.add("config", String(decoding: bytes, as: UTF8.self))
        } catch {
            throw StateError(.write, name, .invalid)
        }
    }

    private static func config(_ value: FlatJSON.Value?) -> Keel_V1_NodeConfig? {
        guard case .text(let text) = value else { return nil }
        return try? Keel_V1_NodeConfig(jsonUTF8Bytes: Array(text.utf8))
    }

    private static func bytes(_ file: FlatJSONWriter) -> [UInt8] {
        file.lines(separator: ",\n", open: "{\n", close: "\n}\n")
    }
}
