import Slots
import Trust

/// Nodes that are looked after together, and what it takes to speak with them.
struct Context: Sendable, Hashable {
    var name: String
    var endpoints: [Endpoint]
    /// SHA-256 of the one node's certificate.
    var fingerprint: Digest?
    /// PEM, or the path of a file with it; so are the next two.
    var ca: String?
    var certificate: String?
    var key: String?
    /// Path of a kubeconfig whose current user's certificate is shown.
    var kubeconfig: String?

    static let fields: Set = [
        "name", "endpoints", "fingerprint", "ca", "certificate", "key", "kubeconfig",
    ]

    init(name: String, endpoints: [Endpoint]) {
        self.name = name
        self.endpoints = endpoints
    }

    init(_ document: YAMLNode) throws(DocumentFault) {
        let members = try document.members(known: Self.fields)
        guard let nameField = members["name"] else {
            throw DocumentFault(document.line, "a context has no name")
        }
        name = try nameField.text()
        guard Self.isName(name) else {
            throw DocumentFault(nameField.line, "\"\(name)\" is no name for a context")
        }
        endpoints = []
        for item in try members["endpoints"]?.list() ?? [] {
            let text = try item.text()
            do { endpoints.append(try Endpoint(text)) } catch {
                throw DocumentFault(item.line, "expected HOST:PORT")
            }
        }
        guard !endpoints.isEmpty else {
            throw DocumentFault(document.line, "context \(name) has no endpoints")
        }
        func text(_ field: String) throws(DocumentFault) -> String? {
            guard let found = members[field], found.value != .nothing else { return nil }
            return try found.text()
        }
        if let found = try text("fingerprint") {
            let line = members["fingerprint"]?.line
            guard let digest = Digest(fingerprint: found) else {
                throw DocumentFault(line, "a fingerprint has 64 hexadecimal digits")
            }
            guard endpoints.count == 1 else {
                throw DocumentFault(line, "a fingerprint is for a context with one endpoint")
            }
            fingerprint = digest
        }
        ca = try text("ca")
        certificate = try text("certificate")
        key = try text("key")
        kubeconfig = try text("kubeconfig")
        guard (certificate == nil) == (key == nil) else {
            throw DocumentFault(document.line, "certificate and key go together")
        }
    }

    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}

extension Digest {
    /// Reads what people paste: `AA:BB:...`, `sha256:...`, upper or lower case.
    init?(fingerprint text: String) {
        var digits = text.lowercased()
        if digits.hasPrefix("sha256:") { digits.removeFirst("sha256:".count) }
        self.init(hex: digits.filter { $0 != ":" && $0 != " " })
    }
}
