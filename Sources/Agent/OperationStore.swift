import API
import Slots
import SwiftProtobuf

/// An operation as it is kept: how it stands, and what it was asked.
struct StoredOperation: Sendable, Equatable {
    var operation: Keel_V1_Operation
    /// Without secrets once it was read back from the disk.
    var order: Order
    /// A secret of the request was not kept: without it the operation cannot be taken up again.
    var isSecretWithheld: Bool
    /// Starts of the agent that took it up again.
    var takenUp = 0

    var id: String { operation.id }
}

/// Operations on the disk: `operations/<id>.json`, one flat JSON object each.
///
/// `operation` and `request` are the messages of the API in the JSON form of protobuf, as text.
/// Tokens never come here.
struct OperationStore: Sendable {
    static let folder = "operations"
    static let limit = 256 << 10

    let state: StateFolder

    /// Durable when it returns.
    func save(_ stored: StoredOperation) throws(StateError) {
        var file = FlatJSONWriter()
        let order = stored.order.withoutSecrets
        do {
            let operation: [UInt8] = try stored.operation.jsonUTF8Bytes()
            file.add("operation", String(decoding: operation, as: UTF8.self))
            file.add("request", String(decoding: try order.json, as: UTF8.self))
        } catch {
            throw StateError(.write, Self.name(stored.id), .invalid)
        }
        let isWithheld = stored.isSecretWithheld || order != stored.order
        file.add("withheld", isWithheld ? ["secret"] : [])
        file.add("takenUp", stored.takenUp)
        try state.write(
            Self.name(stored.id),
            file.lines(separator: ",\n", open: "{\n", close: "\n}\n")
        )
    }

    /// Every operation that can be read, oldest first. What cannot is passed over, never deleted.
    func load() throws(StateError) -> [StoredOperation] {
        var found: [StoredOperation] = []
        for name in try state.list(Self.folder) where name.hasSuffix(".json") {
            guard let bytes = try state.read("\(Self.folder)/\(name)", limit: Self.limit),
                let stored = Self.read(bytes), "\(stored.id).json" == name
            else { continue }
            found.append(stored)
        }
        return found.sorted {
            ($0.operation.started, $0.id) < ($1.operation.started, $1.id)
        }
    }

    func remove(_ id: String) throws(StateError) { try state.remove(Self.name(id)) }

    static func name(_ id: String) -> String { "\(folder)/\(id).json" }

    static func read(_ bytes: [UInt8]) -> StoredOperation? {
        guard let members = (try? FlatJSON(parsing: bytes))?.members,
            case .text(let operation) = members["operation"],
            case .text(let request) = members["request"],
            case .list(let withheld) = members["withheld"],
            case .number(let takenUp) = members["takenUp"],
            let operation = try? Keel_V1_Operation(jsonUTF8Bytes: Array(operation.utf8)),
            let order = try? Order(operation.kind, json: Array(request.utf8))
        else { return nil }
        return StoredOperation(
            operation: operation,
            order: order,
            isSecretWithheld: !withheld.isEmpty,
            takenUp: takenUp
        )
    }
}
