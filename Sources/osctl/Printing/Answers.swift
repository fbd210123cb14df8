import API
import SwiftProtobuf

/// What a command prints: rows that can stand among those of other nodes, or a paragraph.
enum Shown: Sendable, Hashable {
    case rows(head: [String], [[String]])
    case text(String)
}

/// The answers of all nodes, in the order the nodes were named.
struct Answers<Answer: Sendable>: Sendable {
    let asked: [Asked<Answer>]

    init(_ asked: [Asked<Answer>]) { self.asked = asked }

    /// The worst code of all: 0 when every node did what was asked.
    var code: Int32 {
        asked.map { answer in
            if case .failure(let error) = answer.result { error.kind.rawValue } else { 0 }
        }.max() ?? 0
    }

    /// Why nodes did not, a line for each.
    var complaints: [String] {
        asked.compactMap { answer in
            guard case .failure(let error) = answer.result else { return nil }
            return asked.count == 1
                ? "osctl: \(error.sentence)" : "osctl: \(answer.endpoint): \(error.sentence)"
        }
    }

    /// For people: one table with a column NODE, or a paragraph for each node.
    func table(_ show: (Answer) -> Shown) -> String {
        var rows: [[String]] = []
        var texts: [String] = []
        for answer in asked {
            guard case .success(let value) = answer.result else { continue }
            switch show(value) {
            case .rows(let head, let more):
                if rows.isEmpty { rows.append(asked.count == 1 ? head : ["NODE"] + head) }
                rows += asked.count == 1 ? more : more.map { ["\(answer.endpoint)"] + $0 }
            case .text(let text):
                texts.append(asked.count == 1 ? text : Self.block(answer.endpoint, text))
            }
        }
        return ((rows.isEmpty ? [] : [Table.text(rows)]) + texts).joined(separator: "\n")
    }

    /// For programs: the answer of one node, or an object for each node on a line of its own.
    func json(_ encode: (Answer) -> String) -> String {
        if asked.count == 1 {
            guard case .success(let value) = asked[0].result else { return "" }
            return encode(value)
        }
        return asked.map { answer in
            let node = "{\"node\":\(quoted("\(answer.endpoint)")),"
            return switch answer.result {
            case .success(let value): node + "\"answer\":\(encode(value))}"
            case .failure(let error):
                node + "\"error\":\(quoted(error.sentence)),\"code\":\(error.kind.rawValue)}"
            }
        }.joined(separator: "\n")
    }

    /// A short answer follows the node's name, a long one stands below it.
    private static func block(_ endpoint: Endpoint, _ text: String) -> String {
        text.contains("\n") ? "\(endpoint)\n\(text)\n" : "\(endpoint): \(text)"
    }
}

extension Message {
    /// Protobuf's own JSON, with maps in order.
    var json: String {
        var options = JSONEncodingOptions()
        options.useDeterministicOrdering = true
        // Only a message with an Any in it cannot be written, and there is none in the API.
        do { return try jsonString(options: options) } catch { return "null" }
    }
}
