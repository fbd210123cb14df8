import API
import Slots
import SwiftProtobuf
import Syscalls
import Trust

/// A node's configuration between YAML or JSON and the API's message.
enum ConfigText {
    static func read(_ path: String) throws(CommandError) -> Keel_V1_NodeConfig {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: YAMLNode.limits.size) } catch {
            throw .file("read", path, error)
        }
        do { return try parse(bytes) } catch { throw .configuration(path: path, error) }
    }

    /// Reads the document by protobuf's JSON rules, with field names as in node.proto or in camel
    /// case; a wrong field is told by its line.
    static func parse(_ bytes: [UInt8]) throws(DocumentFault) -> Keel_V1_NodeConfig {
        let document = try YAMLNode(document: bytes)
        guard case .map = document.value else {
            throw DocumentFault(document.line, "expected fields of a configuration")
        }
        do { return try Keel_V1_NodeConfig(document: document.json) } catch {
            throw DocumentFault(error.field.flatMap(document.line(of:)), error.words)
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
            let document = try YAMLNode(document: Array(config.json.utf8))
            return String(decoding: document.encoded().dropLast(), as: UTF8.self)
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
