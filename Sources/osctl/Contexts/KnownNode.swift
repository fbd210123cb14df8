import Slots
import Syscalls
import Trust

/// What is remembered of a node: who it is, and where its audit log ended.
struct KnownNode: Sendable, Hashable {
    var fingerprint: Digest?
    /// Who signs the nodes of the cluster that it was given to, PEM.
    var cluster: String?
    var machine: String?
    /// Ends of its audit log, oldest first, that were seen since the log was last checked.
    var heads: [AuditChain.Head] = []

    static let headLimit = 16

    init() {}

    /// `nil` for bytes this version did not write.
    init?(parsing bytes: [UInt8]) {
        let members: [String: FlatJSON.Value]
        do throws(FlatJSON.Fault) { members = try FlatJSON(parsing: bytes).members } catch {
            return nil
        }
        if case .text(let text) = members["fingerprint"] { fingerprint = Digest(hex: text) }
        if case .text(let text) = members["cluster"] { cluster = text }
        if case .text(let text) = members["machine"] { machine = text }
        if case .list(let items) = members["audit"] {
            heads = items.compactMap { AuditChain.Head($0) }
        }
    }

    func encoded() -> [UInt8] {
        var object = FlatJSONWriter()
        object.add("fingerprint", fingerprint?.hex)
        object.add("cluster", cluster)
        object.add("machine", machine)
        object.add("audit", heads.map(\.text))
        return object.lines(separator: ",\n", open: "{\n", close: "\n}\n")
    }

    /// Takes note of where the log ends now; says what is wrong with it.
    ///
    /// A machine that was made anew has a new log.
    mutating func note(_ head: AuditChain.Head, machine found: String) -> AuditChain.Fault? {
        if machine != found { heads = [] }
        machine = found
        if let last = heads.last {
            if head.count < last.count {
                return .shortened(found: head.count, remembered: last.count)
            }
            if head.count == last.count {
                return head == last ? nil : .rewritten(line: last.count - 1)
            }
        }
        guard head.count > 0 else { return nil }
        heads.append(head)
        // The first one stays: it reaches back the furthest.
        if heads.count > Self.headLimit { heads.remove(at: 1) }
        return nil
    }
}

extension AuditChain.Head {
    /// `12 8c9f...`: how many lines there are, and the hash of the last.
    init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[0]), count >= 0,
            let hash = Digest(hex: String(parts[1]))
        else { return nil }
        self.init(count: count, hash: hash)
    }

    var text: String { "\(count) \(hash.hex)" }
}

/// The files of what is remembered, one for each node.
struct KnownNodes: Sendable {
    private let folder: String

    init(_ home: Home) throws(CommandError) {
        do { folder = try home.state() + "/nodes" } catch { throw .setup(error) }
    }

    subscript(_ endpoint: Endpoint) -> KnownNode {
        do throws(Errno) {
            let bytes = try File.read(path(endpoint), limit: 1 << 16)
            return KnownNode(parsing: bytes) ?? KnownNode()
        } catch {
            return KnownNode()
        }
    }

    func remember(_ node: KnownNode, _ endpoint: Endpoint) throws(CommandError) {
        do {
            try Directory.createAll(folder)
            try File.writeAtomically(
                node.encoded().span,
                to: path(endpoint),
                permissions: 0o600
            )
        } catch {
            throw .file("write", path(endpoint), error)
        }
    }

    /// For what is only a help: the next command tries again.
    func rememberIfPossible(_ node: KnownNode, _ endpoint: Endpoint) {
        do throws(CommandError) { try remember(node, endpoint) } catch {}
    }

    private func path(_ endpoint: Endpoint) -> String { folder + "/" + endpoint.fileName }
}
