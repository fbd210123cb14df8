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
        var isTorn: Bool
        var end: AuditChain.Head
        var durableEnd: AuditChain.Head
        /// The last of `files`; `nil` until it could be opened.
        var file: OpenFile?
        /// What a `recovered` line must say before any other line.
        var closing: String?
    }

    private final class OpenFile: Sendable {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private let state: Mutex<State>
    private let folder: StateFolder
    private let limits: Limits
    private let hashing = OpenSSLHashing()

    /// Opens the log and closes a line that a power loss tore with a `recovered` line.
    ///
    /// Throws when it cannot be read. Where it cannot be written, on a full disk or a damaged one,
    /// `unwritable` is told, and each line tries again: a node nobody reaches helps nobody.
    init(
        _ folder: StateFolder,
        limits: Limits = Limits(),
        unwritable: (StateError) -> Void = { _ in }
    ) throws(StateError) {
        self.folder = folder
        self.limits = limits
        let found = try Self.files(in: folder)
        let end = try AuditEnd(of: found, in: folder)
        state = Mutex(
            State(
                files: found.isEmpty ? [0] : found,
                size: end.size,
                isTorn: !end.torn.isEmpty,
                end: end.head,
                durableEnd: end.head,
                file: nil,
                closing: end.closing
            )
        )
        let result = changing { (state) throws(StateError) in _ = try prepare(&state) }
        if case .failure(let error) = result { unwritable(error) }
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
        let result = changing { (state) throws(StateError) in
            let file = try prepare(&state)
            try write(durable: durable, to: file, &state, members)
        }
        try result.get()
    }

    /// Makes every line before survive power loss.
    func synchronize() throws(StateError) {
        let result = changing { (state) throws(StateError) in
            guard state.durableEnd != state.end, let file = state.file else { return }
            do throws(Errno) { try file.descriptor.synchronizeContents() } catch {
                throw StateError(.write, Self.folder, error)
            }
            state.durableEnd = state.end
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

    private func changing(
        _ body: (inout State) throws(StateError) -> Void
    ) -> Result<Void, StateError> {
        state.withLock { state in
            do throws(StateError) {
                try body(&state)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    /// Opens the last file and closes a torn line, unless that is done.
    private func prepare(_ state: inout State) throws(StateError) -> OpenFile {
        let file =
            if let open = state.file { open } else { try openLast(state.files) }
        state.file = file
        guard let closing = state.closing else { return file }
        try write(durable: true, to: file, &state) { line in
            line.add("time", Timestamp.now.description)
            line.add("method", "recovered")
            line.add("arguments", closing)
        }
        state.closing = nil
        return state.file ?? file
    }

    private func openLast(_ files: [Int]) throws(StateError) -> OpenFile {
        try folder.makeFolder(Self.folder)
        let file = try Self.open(files[files.count - 1], in: folder)
        do {
            try file.descriptor.synchronize()
            try Directory.synchronize(folder.path + "/" + Self.folder)
        } catch {
            throw StateError(.write, Self.folder, error)
        }
        return file
    }

    private func write(
        durable: Bool,
        to file: OpenFile,
        _ state: inout State,
        _ members: (inout FlatJSONWriter) -> Void
    ) throws(StateError) {
        var file = file
        let line = AuditLine(
            number: state.end.count,
            after: state.end.hash,
            hashing: hashing,
            members
        )
        let bytes = line.bytes + [10]
        try mend(&state, file)
        if state.size > 0, state.size + bytes.count > limits.fileBytes {
            file = try rotate(&state, from: file)
        }
        do {
            state.isTorn = true
            try file.descriptor.writeNext(bytes.span)
            state.isTorn = false
            state.size += bytes.count
            state.end = AuditChain.Head(count: line.number + 1, hash: line.hash)
            guard durable else { return }
            try file.descriptor.synchronizeContents()
            state.durableEnd = state.end
        } catch {
            throw StateError(.write, Self.folder, error)
        }
    }

    /// Takes away what a write left that a full disk cut short: the next line would follow it.
    private func mend(_ state: inout State, _ file: OpenFile) throws(StateError) {
        guard state.isTorn else { return }
        do { try file.descriptor.resize(to: state.size) } catch {
            throw StateError(.write, Self.folder, error)
        }
        state.isTorn = false
    }

    /// Begins a file. The one before is durable first: a chain has no gap after a power cut.
    private func rotate(_ state: inout State, from old: OpenFile) throws(StateError) -> OpenFile {
        do { try old.descriptor.synchronize() } catch {
            throw StateError(.write, Self.folder, error)
        }
        state.durableEnd = state.end
        let file = try Self.open(state.end.count, in: folder)
        state.file = file
        state.size = 0
        state.files.append(state.end.count)
        do { try Directory.synchronize(folder.path + "/" + Self.folder) } catch {
            throw StateError(.write, Self.folder, error)
        }
        while state.files.count > limits.files {
            try folder.remove(Self.name(state.files.removeFirst()))
        }
        return file
    }

    private static func open(
        _ first: Int,
        in folder: StateFolder
    ) throws(StateError) -> OpenFile {
        let name = name(first)
        let path = try folder.absolute(name)
        do {
            return OpenFile(try Descriptor(opening: path, for: .writing, [.create, .append]))
        } catch {
            throw StateError(.write, name, error)
        }
    }
}
