import API
import Slots
import SwiftProtobuf
import Syscalls

/// A node's configuration between YAML or JSON and the API's message.
enum ConfigText {
    static func read(_ path: String) throws(CommandError) -> Keel_V1_NodeConfig {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: Document.sizeLimit) } catch {
            throw .file("read", path, error)
        }
        do { return try parse(bytes) } catch { throw .configuration(path: path, error) }
    }

    /// Reads the document by protobuf's JSON rules, with field names as in node.proto or in camel
    /// case; a wrong field is told by its line.
    static func parse(_ bytes: [UInt8]) throws(DocumentFault) -> Keel_V1_NodeConfig {
        let document = try Document(parsing: bytes)
        guard case .map = document.value else {
            throw DocumentFault(document.line, "expected fields of a configuration")
        }
        do { return try Keel_V1_NodeConfig(jsonString: document.json) } catch {
            throw fault(error, in: document)
        }
    }

    private static func fault(_ error: any Error, in document: Document) -> DocumentFault {
        switch error as? JSONDecodingError {
        case .unknownField(let name):
            DocumentFault(document.line(of: name), "there is no field \"\(name)\"")
        case .malformedNumber, .numberRange, .unquotedMapKey:
            DocumentFault(nil, "a field that takes a number has something else")
        case .conflictingOneOf: DocumentFault(nil, "a link is either dhcp or static")
        case .malformedMap, .malformedString, .malformedBool:
            DocumentFault(nil, "a field has a value of another kind than it takes")
        default: DocumentFault(nil, "a field has a value of another kind than it takes")
        }
    }

    /// The configuration as YAML, with what is known about it as comments.
    static func page(_ response: Keel_V1_GetConfigResponse) -> String {
        var lines = ["# generation \(response.generation)"]
        if response.hasPending {
            let pending = response.pending
            lines.append(
                "# \(pending.startedBy) tries another one until "
                    + "\(Timestamp.text(pending.deadline)), try \(pending.id)"
            )
        }
        return lines.joined(separator: "\n") + "\n" + yaml(response.config)
    }

    static func yaml(_ config: Keel_V1_NodeConfig) -> String {
        do {
            let document = try Document(parsing: Array(config.json.utf8))
            return document.yaml(indent: 0).joined(separator: "\n")
        } catch {
            return config.json
        }
    }

    /// What differs, then what is true now.
    static func outcome(_ response: Keel_V1_ApplyConfigResponse, isDryRun: Bool) -> String {
        var lines = response.diff
        if isDryRun {
            lines.append(lines.isEmpty ? "Nothing would change." : "Nothing was changed.")
        } else if response.hasPending {
            lines.append(
                "It is tried until \(Timestamp.text(response.pending.deadline)); keep it with "
                    + "'osctl config confirm \(response.pending.id)'."
            )
        } else {
            lines.append("Generation \(response.generation) is in force.")
        }
        return lines.joined(separator: "\n")
    }
}

extension Document {
    /// The same as YAML, a line for each entry.
    fileprivate func yaml(indent: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        switch value {
        case .none: return [space + "null"]
        case .text(let text): return [space + Self.scalar(text)]
        case .list(let items):
            if items.isEmpty { return [space + "[]"] }
            return items.flatMap { item in
                let lines = item.yaml(indent: indent + 2)
                return [space + "- " + lines[0].dropFirst(indent + 2)] + lines.dropFirst()
            }
        case .map(let members):
            if members.isEmpty { return [space + "{}"] }
            return members.flatMap { member -> [String] in
                let name = space + Self.scalar(member.key) + ":"
                switch member.value.value {
                case .list(let items) where items.isEmpty: return [name + " []"]
                case .map(let inner) where inner.isEmpty: return [name + " {}"]
                case .list, .map: return [name] + member.value.yaml(indent: indent + 2)
                case .none, .text:
                    return [name + " " + member.value.yaml(indent: 0).joined()]
                }
            }
        }
    }

    /// Bare where nobody could take it for anything else, else quoted as JSON is.
    private static func scalar(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        let others = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        let isPlain =
            isWord && text.first.map { $0.isLetter || $0.isNumber } == true
            && !others.contains(text.lowercased())
        return isPlain ? text : FlatJSONWriter.quoted(text)
    }
}
