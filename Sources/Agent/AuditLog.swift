import Slots
import Synchronization
import Syscalls
import Trust

/// The audit log on disk: files of chained lines (`AuditLine`), the oldest dropped when there are
/// too many.
///
/// A file is named by the number of its first line, so a listing tells the order. A line is in the
/// kernel's hands when `append` returns: it survives the agent's death. It survives power loss when
/// it was appended as `durable`, else within a second (`synchronize`, called by a timer); `head`
/// only
/// ever tells of durable lines, so that nobody remembers an end that a power cut can take back.
final class AuditLog: Sendable {
    static let folder = "audit"

    /// When a new file begins, and how many are kept.
    struct Limits: Sendable {
        var fileBytes = 4 << 20
        var files = 8
    }

    private struct State: ~Copyable {
        /// First line's number of each file, oldest first; never empty.
        var files: [Int]
        /// Bytes in the last one that are whole lines.
        var size: Int
        /// There may be more behind them.
        var isTorn = false
        var end: AuditChain.Head
        var durableEnd: AuditChain.Head
        var file: Descriptor
    }

    private let state: Mutex<State>
    private let folder: StateFolder
    private let limits: Limits
    private let hashing = OpenSSLHashing()

    /// Opens the log and closes a line that a power loss tore with a `recovered` line.
    init(_ folder: StateFolder, limits: Limits = Limits()) throws(StateError) {
        self.folder = folder
        self.limits = limits
        try folder.makeFolder(Self.folder)
        var found = try Self.files(in: folder)
        let end = try AuditEnd(of: found, in: folder)
        if found.isEmpty { found = [0] }
        let file = try Self.open(found[found.count - 1], in: folder)
        do {
            if !end.torn.isEmpty { try file.resize(to: end.size) }
            try file.synchronize()
            try Directory.synchronize(folder.path + "/" + Self.folder)
        } catch {
            throw StateError(.write, Self.folder, error)
        }
        state = Mutex(
            State(files: found, size: end.size, end: end.head, durableEnd: end.head, file: file)
        )
        guard !end.torn.isEmpty || end.isUnreadable else { return }
        let torn = end.torn
        let digest = hashing.sha256(torn.span)
        try append(durable: true) { line in
            line.add("time", Timestamp.now.description)
            line.add("method", "recovered")
            line.add(
                "arguments",
                torn.isEmpty
                    ? "the last line could not be read"
                    : "\(torn.count) bytes of a torn line, sha256 \(digest.hex)"
            )
        }
    }

    /// The end of the log, as far as it survives power loss.
    var head: AuditChain.Head { state.withLock { $0.durableEnd } }

    /// The number of the oldest line that is kept.
    var first: Int { state.withLock { $0.files.first ?? 0 } }

    /// Adds a line with these members.
    func append(
        durable: Bool,
        _ members: (inout FlatJSONWriter) -> Void
    ) throws(StateError) {
        let result: Result<Void, StateError> = state.withLock { state in
            do throws(StateError) {
                try append(durable: durable, to: &state, members)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Makes every line before survive power loss.
    func synchronize() throws(StateError) {
        let result: Result<Void, StateError> = state.withLock { state in
            guard state.durableEnd != state.end else { return .success(()) }
            do throws(Errno) { try state.file.synchronizeContents() } catch {
                return .failure(StateError(.write, Self.folder, error))
            }
            state.durableEnd = state.end
            return .success(())
        }
        try result.get()
    }

    /// Lines from `number` on that stand in one file, without newlines, and the number of the first
    /// of them; none at the end. A number that was dropped already answers with the oldest kept.
    func lines(from number: Int) throws(StateError) -> (first: Int, lines: [[UInt8]]) {
        let (files, end) = state.withLock { ($0.files, $0.end.count) }
        guard number < end, let start = files.last(where: { $0 <= number }) ?? files.first else {
            return (number, [])
        }
        let name = Self.name(start)
        // Between the listing and now the file may have been dropped: then there are newer ones.
        let bytes = try folder.read(name, limit: limits.fileBytes + 2 * AuditLine.limit) ?? []
        let lines = Self.lines(of: bytes)
        let skipped = max(0, number - start)
        return (
            max(number, start), Array(lines.dropFirst(skipped).prefix(end - max(number, start)))
        )
    }

    /// A loop, because a closure asked about each of four million bytes costs more than TLS.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        for index in bytes.indices where bytes[index] == 10 {
            if index > start { lines.append(Array(bytes[start..<index])) }
            start = index + 1
        }
        if start < bytes.count { lines.append(Array(bytes[start...])) }
        return lines
    }

    private func append(
        durable: Bool,
        to state: inout State,
        _ members: (inout FlatJSONWriter) -> Void
    ) throws(StateError) {
        let line = AuditLine(
            number: state.end.count,
            after: state.end.hash,
            hashing: hashing,
            members
        )
        let bytes = line.bytes + [10]
        try mend(&state)
        if state.size > 0, state.size + bytes.count > limits.fileBytes { try rotate(&state) }
        do {
            state.isTorn = true
            try state.file.writeNext(bytes.span)
            state.isTorn = false
            state.size += bytes.count
            state.end = AuditChain.Head(count: line.number + 1, hash: line.hash)
            guard durable else { return }
            try state.file.synchronizeContents()
            state.durableEnd = state.end
        } catch {
            throw StateError(.write, Self.folder, error)
        }
    }

    /// Takes away what a write left that a full disk cut short: the next line would follow it.
    private func mend(_ state: inout State) throws(StateError) {
        guard state.isTorn else { return }
        do { try state.file.resize(to: state.size) } catch {
            throw StateError(.write, Self.folder, error)
        }
        state.isTorn = false
    }

    /// Begins a file. The one before is durable first: a chain has no gap after a power cut.
    private func rotate(_ state: inout State) throws(StateError) {
        do { try state.file.synchronize() } catch {
            throw StateError(.write, Self.folder, error)
        }
        state.durableEnd = state.end
        state.file = try Self.open(state.end.count, in: folder)
        state.size = 0
        state.files.append(state.end.count)
        do { try Directory.synchronize(folder.path + "/" + Self.folder) } catch {
            throw StateError(.write, Self.folder, error)
        }
        while state.files.count > limits.files {
            try folder.remove(Self.name(state.files.removeFirst()))
        }
    }

    private static func open(
        _ first: Int,
        in folder: StateFolder
    ) throws(StateError) -> Descriptor {
        let name = name(first)
        let path = try folder.absolute(name)
        do {
            return try Descriptor(opening: path, for: .writing, [.create, .append])
        } catch {
            throw StateError(.write, name, error)
        }
    }

    /// `audit/000000000042.jsonl`: twelve digits, so that the order of names is that of numbers.
    static func name(_ first: Int) -> String {
        let digits = String(first)
        return
            "\(folder)/\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits).jsonl"
    }

    private static func files(in folder: StateFolder) throws(StateError) -> [Int] {
        try folder.list(Self.folder).filter { $0.hasSuffix(".jsonl") }
            .compactMap { Int($0.dropLast(6)) }.sorted()
    }
}

/// Where the log ends, found out when it is opened.
private struct AuditEnd {
    var head = AuditChain.Head.empty
    /// Bytes of the last file that are whole lines.
    var size = 0
    /// What stands after the last newline: a line that a power loss cut short.
    var torn: [UInt8] = []
    /// The last whole line makes no sense, so nothing can be chained to it.
    var isUnreadable = false

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
