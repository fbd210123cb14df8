import Slots
import Trust

/// Keeps a membership so that it is there in whole or not at all.
///
/// There are two sets of files, `kubernetes/a` and `kubernetes/b`, and `kubernetes/current`, which
/// names the one in force and the SHA-256 of its files: `a 64-digits\n`. A new membership is
/// written to the other set, and comes into force when `current` is replaced, which is one rename.
/// Whatever happens before leaves the old one in force, bit for bit.
struct MembershipStore: Sendable {
    let state: any BootstrapState

    /// What is in force.
    struct InForce: Sendable, Hashable {
        let set: Slot
        let files: [String: [UInt8]]
        let description: NodeDescription
        let clientCA: [UInt8]
    }

    static let pointer = "kubernetes/current"
    static let memoryMark = "in-memory"
    private static let fileLimit = 2 * 1024 * 1024
    /// A set has five files at most; more than this is not of our making.
    private static let countLimit = 16

    static func folder(_ set: Slot) -> String { "kubernetes/\(set)" }

    /// `nil` when there never was a bootstrap.
    ///
    /// Throws `.damaged` when there was one and its files are not as they were written: then
    /// nobody may be let in as on a new node.
    func read() throws(BootstrapError) -> InForce? {
        guard let (set, digest) = try readPointer() else { return nil }
        let files = try readFiles(set)
        guard Self.digest(files) == digest, let clientCA = files["clients.crt"],
            let description = files["node.json"].flatMap(NodeDescription.init(parsing:))
        else { throw .damaged(folder: Self.folder(set)) }
        return InForce(set: set, files: files, description: description, clientCA: clientCA)
    }

    /// Whether the first process says that the state folder lasts as long as the machine runs.
    func isInMemory() throws(BootstrapError) -> Bool {
        do throws(StateError) { return try state.read(Self.memoryMark, limit: 64) != nil } catch {
            throw .state(error)
        }
    }

    /// Puts the membership into force. Durable when it returns; until its last write nothing
    /// changes.
    func write(_ membership: Membership) throws(BootstrapError) {
        let before = try readPointer()?.set
        let set = before?.other ?? .a
        let files = membership.files
        do throws(StateError) {
            // 1. What an earlier attempt left behind.
            try empty(set)
            // 2. The new files, each durable.
            for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
                try state.write(Self.folder(set) + "/" + name, bytes)
            }
            // 3. From here on the new set is in force.
            try state.write(Self.pointer, Array("\(set) \(Self.digest(files).hex)\n".utf8))
        } catch {
            throw .state(error)
        }
    }

    /// Removes the files of the set that is not in force: they may hold secrets of another
    /// cluster.
    func tidy() throws(BootstrapError) {
        let current = try readPointer()?.set
        do throws(StateError) {
            for set in Slot.allCases where set != current { try empty(set) }
        } catch {
            throw .state(error)
        }
    }

    private func empty(_ set: Slot) throws(StateError) {
        for name in try state.list(Self.folder(set)) {
            try state.remove(Self.folder(set) + "/" + name)
        }
    }

    private func readPointer() throws(BootstrapError) -> (set: Slot, digest: Digest)? {
        let bytes: [UInt8]?
        do throws(StateError) { bytes = try state.read(Self.pointer, limit: 4096) } catch {
            throw .state(error)
        }
        guard let bytes else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count == 2, words[1].hasSuffix("\n"),
            let set = Slot.allCases.first(where: { $0.description == words[0] }),
            let digest = Digest(hex: String(words[1].dropLast()))
        else { throw .damaged(folder: Self.pointer) }
        return (set, digest)
    }

    private func readFiles(_ set: Slot) throws(BootstrapError) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        do throws(StateError) {
            for name in try state.list(Self.folder(set)).prefix(Self.countLimit) {
                let path = Self.folder(set) + "/" + name
                files[name] = try state.read(path, limit: Self.fileLimit)
            }
        } catch {
            throw .state(error)
        }
        return files
    }

    /// Over names, lengths and bytes, in the order of the names.
    private static func digest(_ files: [String: [UInt8]]) -> Digest {
        var stream = SHA256Stream(OpenSSLHashing())
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let head = Array("\(name) \(bytes.count)\n".utf8)
            stream.update(head.span)
            stream.update(bytes.span)
        }
        return stream.finish()
    }
}
