import SwiftProtobuf

/// A JSON object of somebody else's making (RFC 8259), of which a few members are wanted.
///
/// Read by SwiftProtobuf, which bounds the depth.
struct JSONObject: Sendable, Hashable {
    private let fields: [String: Google_Protobuf_Value]

    /// `nil` for anything but one object.
    init?(parsing bytes: [UInt8]) {
        do {
            fields = try Google_Protobuf_Struct(jsonUTF8Bytes: bytes).fields
        } catch {
            return nil
        }
    }

    private init(_ fields: [String: Google_Protobuf_Value]) { self.fields = fields }

    func text(_ name: String) -> String? {
        guard case .stringValue(let text) = fields[name]?.kind else { return nil }
        return text
    }

    /// A whole number that a `Double` holds exactly.
    func number(_ name: String) -> Int? {
        guard case .numberValue(let number) = fields[name]?.kind, number.magnitude < 0x1p53 else {
            return nil
        }
        return Int(number)
    }

    /// One text, or a list of them; other things in the list are left out.
    func texts(_ name: String) -> [String] {
        switch fields[name]?.kind {
        case .stringValue(let text): return [text]
        case .listValue(let list):
            return list.values.compactMap { value in
                guard case .stringValue(let text) = value.kind else { return nil }
                return text
            }
        default: return []
        }
    }

    func flag(_ name: String) -> Bool? {
        guard case .boolValue(let flag) = fields[name]?.kind else { return nil }
        return flag
    }

    /// The objects of a list; other things in it are left out.
    func objects(_ name: String) -> [JSONObject] {
        guard case .listValue(let list) = fields[name]?.kind else { return [] }
        return list.values.compactMap { value in
            guard case .structValue(let value) = value.kind else { return nil }
            return JSONObject(value.fields)
        }
    }

    /// Every member that is a text.
    var allTexts: [String: String] {
        fields.compactMapValues { value in
            guard case .stringValue(let text) = value.kind else { return nil }
            return text
        }
    }

    func object(_ name: String) -> JSONObject? {
        guard case .structValue(let value) = fields[name]?.kind else { return nil }
        return JSONObject(value.fields)
    }
}
