import Slots

/// A JSON value of our own making (RFC 8259), for an API server to read.
///
/// SwiftProtobuf, which reads JSON here, would write the number 1 as `1.0`, which is no whole
/// number to a server in Go.
enum JSONValue: Sendable, Hashable {
    case nothing
    case flag(Bool)
    case number(Int)
    case text(String)
    case object([String: JSONValue])
    case list([JSONValue])

    /// Members in the order of their names.
    var bytes: [UInt8] { Array(written.utf8) }

    private var written: String {
        switch self {
        case .nothing: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .text(let text): FlatJSONWriter.quoted(text)
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { "\(FlatJSONWriter.quoted($0.key)):\($0.value.written)" }
                .joined(separator: ",") + "}"
        case .list(let items): "[" + items.map(\.written).joined(separator: ",") + "]"
        }
    }
}
