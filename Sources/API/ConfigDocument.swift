import Slots
import SwiftProtobuf

// A node's configuration between its document, the message, and the file that a node keeps it in.

extension Keel_V1_NodeConfig {
    /// Why a document is no configuration; `field` is the one that is not known.
    public struct Fault: Error, Sendable, Hashable {
        public let field: String?
        public let words: String
    }

    /// Reads protobuf's JSON form, with field names as in node.proto or in camel case.
    public init(document json: String) throws(Fault) {
        do { self = try Self(jsonString: json) } catch {
            switch error as? JSONDecodingError {
            case .unknownField(let name):
                throw Fault(field: name, words: "there is no field \"\(name)\"")
            case .malformedNumber, .numberRange, .unquotedMapKey:
                throw Fault(field: nil, words: "a field that takes a number has something else")
            case .conflictingOneOf:
                throw Fault(field: nil, words: "a link is either dhcp or static")
            default:
                throw Fault(
                    field: nil,
                    words: "a field has a value of another kind than it takes"
                )
            }
        }
    }

    /// The file that a node keeps its configuration in: a flat JSON object, in which the
    /// configuration is text. `generation` rises with every change; `id` is the try's that became
    /// this, or empty. `nil` when protobuf has no JSON for it, such as for text that is no UTF-8.
    public func kept(generation: Int, id: String) -> [UInt8]? {
        guard let bytes: [UInt8] = try? jsonUTF8Bytes() else { return nil }
        var file = FlatJSONWriter()
        file.add("generation", generation)
        file.add("id", id)
        file.add("config", String(decoding: bytes, as: UTF8.self))
        return file.lines(separator: ",\n", open: "{\n", close: "\n}\n")
    }
}
