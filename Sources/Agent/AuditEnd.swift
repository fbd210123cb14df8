import Slots
import Trust

extension AuditLog {
    /// `audit/000000000042.jsonl`: twelve digits, so that the order of names is that of numbers.
    static func name(_ first: Int) -> String {
        let digits = String(first)
        return
            "\(folder)/\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits).jsonl"
    }

    static func files(in folder: StateFolder) throws(StateError) -> [Int] {
        try folder.list(Self.folder).filter { $0.hasSuffix(".jsonl") }
            .compactMap { Int($0.dropLast(6)) }.sorted()
    }
}

/// Where the log ends, found out when it is opened.
struct AuditEnd {
    var head = AuditChain.Head.empty
    /// Bytes of the last file that are whole lines.
    var size = 0
    /// What stands after the last newline: a line that a power loss cut short.
    var torn: [UInt8] = []
    /// The last whole line makes no sense, so nothing can be chained to it.
    var isUnreadable = false

    /// What the line that closes it says; `nil` when it ended in order.
    var closing: String? {
        if !torn.isEmpty {
            let digest = OpenSSLHashing().sha256(torn.span)
            return "\(torn.count) bytes of a torn line, sha256 \(digest.hex)"
        }
        return isUnreadable ? "the last line could not be read" : nil
    }

    init(of files: [Int], in folder: StateFolder) throws(StateError) {
        let hashing = OpenSSLHashing()
        for (index, first) in files.enumerated().reversed() {
            let bytes = try folder.read(AuditLog.name(first), limit: 64 << 20) ?? []
            let whole = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
            if index == files.count - 1 {
                size = whole
                torn = Array(bytes[whole...])
            }
            let lines = bytes[..<whole].split(separator: 10).map(Array.init)
            let last = lines.lastIndex { AuditLine(parsing: $0, hashing: hashing) != nil }
            if let last, let line = AuditLine(parsing: lines[last], hashing: hashing) {
                isUnreadable = isUnreadable || last != lines.count - 1
                head = AuditChain.Head(
                    count: line.number + lines.count - last,
                    hash: line.hash
                )
                return
            }
            isUnreadable = isUnreadable || !lines.isEmpty
        }
    }
}
