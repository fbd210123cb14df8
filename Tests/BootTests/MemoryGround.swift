import InitLink
import Slots
import Syscalls

@testable import Boot

/// A machine made of memory: files by name, and everything that was done to it, in order.
final class MemoryGround: Ground {
    /// Every file that can be read. A device is a file.
    var files: [String: [UInt8]] = [:]
    var links: [String: String] = [:]
    /// What was done, a line each; only effects.
    private(set) var deeds: [String] = []
    private(set) var said: [String] = []
    /// Effects whose line begins so fail with this.
    var refusals: [String: Errno] = [:]
    /// What a program answers, by its path.
    var programs: [String: Spawn.Outcome] = [:]
    /// Called for each module that is loaded.
    var onModule: (String) -> Void = { _ in }
    var now = Duration.seconds(1)
    var calendar = 1_800_000_000

    func set(_ path: String, _ text: String) { files[path] = Array(text.utf8) }

    /// The deeds that begin with `word`, without it.
    func deeds(_ word: String) -> [String] {
        deeds.filter { $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
    }

    func hasSaid(_ text: String) -> Bool { said.contains { $0.contains(text) } }

    private func perform(_ deed: String) throws(Errno) {
        deeds.append(deed)
        if let refusal = refusals.first(where: { deed.hasPrefix($0.key) }) { throw refusal.value }
    }

    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        guard let bytes = files[path] else { throw .noEntry }
        guard bytes.count <= limit else { throw .tooLarge }
        return bytes
    }

    func read(_ path: String, range: Range<Int>) throws(Errno) -> [UInt8] {
        guard let bytes = files[path] else { throw .noEntry }
        guard range.upperBound <= bytes.count else { throw .inputOutput }
        return Array(bytes[range])
    }

    func names(at folder: String) throws(Errno) -> [String] {
        let names = (Array(files.keys) + Array(links.keys)).compactMap { path -> String? in
            guard path.hasPrefix(folder + "/") else { return nil }
            return String(path.dropFirst(folder.count + 1).prefix { $0 != "/" })
        }
        guard !names.isEmpty else { throw .noEntry }
        return Set(names).sorted()
    }

    func target(of path: String) throws(Errno) -> String {
        guard let target = links[path] else { throw .invalid }
        return target
    }

    func exists(_ path: String) -> Bool {
        files[path] != nil || files.keys.contains { $0.hasPrefix(path + "/") }
    }

    func makeFolder(_ path: String, permissions: UInt32) throws(Errno) {
        try perform("folder \(path)")
    }

    func put(_ text: String, to path: String) throws(Errno) { try perform("put \(path)=\(text)") }

    func fill(_ path: String, with text: String) throws(Errno) {
        try perform("fill \(path)")
        set(path, text)
    }

    func keep(_ path: String, _ text: String) throws(Errno) {
        try perform("keep \(path)")
        set(path, text)
    }

    func remove(_ path: String) throws(Errno) {
        guard files[path] != nil else { throw .isFolder }
        try perform("remove \(path)")
        files[path] = nil
    }

    func removeFolder(_ path: String) throws(Errno) { try perform("rmdir \(path)") }

    func rename(_ path: String, to new: String) throws(Errno) {
        try perform("rename \(path) \(new)")
        for (name, bytes) in files where name == path || name.hasPrefix(path + "/") {
            files[name] = nil
            files[new + name.dropFirst(path.count)] = bytes
        }
    }

    func mount(_ mount: Mount) throws(Errno) {
        let what = mount.type.isEmpty ? mount.source : mount.type
        try perform("mount \(mount.target) \(what)")
    }

    func unmount(_ target: String, lazily: Bool) throws(Errno) { try perform("unmount \(target)") }

    func enter(_ folder: String) throws(Errno) { try perform("enter \(folder)") }

    func loadModule(_ path: String, parameters: String) throws(Errno) {
        let name = ModuleIndex.name(of: path)
        try perform("module \(name)\(parameters.isEmpty ? "" : " \(parameters)")")
        onModule(name)
    }

    func makeVerity(_ table: VerityTable) throws(Errno) -> String {
        try perform("verity \(table.device)")
        return "/dev/dm-0"
    }

    func become(_ program: String) throws(Errno) { try perform("become \(program)") }

    func run(
        _ program: String,
        _ arguments: [String],
        within time: Duration
    ) throws(Errno) -> Spawn.Outcome {
        try perform("run \(program) \(arguments.joined(separator: " "))")
        guard let outcome = programs[program] else { throw .noEntry }
        return outcome
    }

    func setHostName(_ name: String) throws(Errno) { try perform("host \(name)") }

    func setClock(seconds: Int) throws(Errno) {
        try perform("clock \(seconds)")
        calendar = seconds
    }

    func changeLinks(_ message: [UInt8]) throws(Errno) {
        try perform(
            "link \(message[4]) \(message[16...].map { String($0) }.joined(separator: " "))"
        )
    }

    func random(_ count: Int) throws(Errno) -> [UInt8] {
        [UInt8](repeating: 0xab, count: count)
    }

    func sleep(_ time: Duration) { now += time }

    func say(_ line: String) { said.append(line) }
}

/// A journal in memory.
final class MemoryJournal: BootJournal {
    private(set) var stages: [BootStage] = []
    private(set) var failures: [String] = []
    private(set) var ends: [String] = []
    private(set) var lines: [String] = []
    private(set) var saves = 0
    var unhealthy = 0
    var place: Range<Int>?

    func begin(on disk: String, partition: Range<Int>, _ facts: BootFacts) { place = partition }
    func name(version: String, digest: Digest) {}
    func reach(_ stage: BootStage) { if !stages.contains(stage) { stages.append(stage) } }
    func note(_ lines: [String]) { self.lines += lines }
    func notePanic(_ lines: [String]) { self.lines += lines }
    func save() { saves += 1 }
    func fail(_ check: String, _ reason: String) { failures.append("\(check): \(reason)") }
    func end(_ reason: String) { ends.append(reason) }
    func unhealthyBoots(of slot: Slot) -> Int { unhealthy }
}

/// A watchdog that counts.
final class MemoryTimer: Timer {
    var isThere = true
    private(set) var feeds = 0

    /// The times it was started with.
    private(set) var times: [Int] = []

    func arm(seconds: Int) -> Bool {
        times.append(seconds)
        return isThere
    }
    func feed() { feeds += 1 }
}

/// Slots and a record in memory.
final class MemoryKeeper: SlotKeeping {
    var boots: BootRecord?
    var content: Result<Release, BootFault>
    private(set) var verbs: [String] = []
    var refusal: BootFault?

    init(_ record: BootRecord?, _ content: Result<Release, BootFault>) {
        boots = record
        self.content = content
    }

    func release(in slot: Slot) throws(BootFault) -> Release {
        verbs.append("read \(slot)")
        return try content.get()
    }

    func record() -> BootRecord? { boots }

    func repair() throws(BootFault) { try perform("repair") }

    func fail(_ slot: Slot) throws(BootFault) {
        try perform("fail \(slot)")
        boots?[slot] = .failed
    }

    func arm(_ slot: Slot, attempts: Int) throws(BootFault) {
        try perform("arm \(slot) \(attempts)")
        boots?[slot] = .tries(attempts)
    }

    func remember(_ entry: HistoryEntry) throws(HistoryError) {
        verbs.append("remember \(entry.event) \(entry.slot)")
    }

    private func perform(_ verb: String) throws(BootFault) {
        verbs.append(verb)
        if let refusal { throw refusal }
    }
}
