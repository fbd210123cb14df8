import InitLink
import Syscalls

/// The machine itself.
final class RealGround: Ground {
    /// Our own log, which `logs` answers from.
    let log: LogRing

    init(log: LogRing) { self.log = log }

    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        try File.read(path, limit: limit)
    }

    func read(_ path: String, range: Range<Int>) throws(Errno) -> [UInt8] {
        let file = try Descriptor(opening: path, for: .reading)
        var bytes = [UInt8](repeating: 0, count: range.count)
        var span = bytes.mutableSpan
        let count = try file.read(into: &span, at: range.lowerBound)
        guard count == range.count else { throw .inputOutput }
        return bytes
    }

    func names(at folder: String) throws(Errno) -> [String] { try Directory.names(at: folder) }

    func target(of path: String) throws(Errno) -> String { try File.target(of: path) }

    func exists(_ path: String) -> Bool {
        do { return try File.kind(of: path) != nil } catch { return false }
    }

    func makeFolder(_ path: String, permissions: UInt32) throws(Errno) {
        try Directory.make(path, permissions: permissions)
    }

    func put(_ text: String, to path: String) throws(Errno) {
        try File.put(Array(text.utf8).span, to: path)
    }

    func fill(_ path: String, with text: String) throws(Errno) {
        try File.fill(path, with: Array(text.utf8).span, permissions: 0o644)
    }

    func keep(_ path: String, _ text: String) throws(Errno) {
        try File.writeAtomically(Array(text.utf8).span, to: path, permissions: 0o600)
    }

    func remove(_ path: String) throws(Errno) { try File.remove(path) }

    func removeFolder(_ path: String) throws(Errno) { try Directory.remove(path) }

    func rename(_ path: String, to new: String) throws(Errno) { try File.rename(path, to: new) }

    func mount(_ mount: Mount) throws(Errno) {
        try Mounts.mount(
            mount.source,
            at: mount.target,
            type: mount.type,
            mount.options,
            data: mount.data
        )
    }

    func unmount(_ target: String, lazily: Bool) throws(Errno) {
        try Mounts.unmount(target, lazily: lazily)
    }

    func enter(_ folder: String) throws(Errno) { try Mounts.enter(folder) }

    func loadModule(_ path: String, parameters: String) throws(Errno) {
        try KernelModule.load(path, parameters: parameters)
    }

    func makeVerity(_ table: VerityTable) throws(Errno) -> String {
        let minor = try DeviceMapper.create(
            name: "keelos",
            uuid: "CRYPT-VERITY-keelos",
            target: "verity",
            sectors: table.sectors,
            parameters: table.parameters
        )
        return "/dev/dm-\(minor)"
    }

    func become(_ program: String) throws(Errno) {
        try Program.become(program, [], environment: Self.environment)
    }

    func run(
        _ program: String,
        _ arguments: [String],
        within time: Duration
    ) throws(Errno) -> Spawn.Outcome {
        try Spawn.run(
            program,
            arguments,
            environment: Self.environment,
            error: .inherited,
            outputLimit: 64 << 10,
            timeout: time
        )
    }

    func setHostName(_ name: String) throws(Errno) { try HostName.set(name) }

    func setClock(seconds: Int) throws(Errno) { try WallTime.set(seconds: seconds) }

    func changeLinks(_ message: [UInt8]) throws(Errno) { try LinkSocket().ask(message) }

    func random(_ count: Int) throws(Errno) -> [UInt8] { try RandomSource.bytes(count) }

    var now: Duration { MonotonicTime.now }

    var calendar: Int { Int(WallTime.now.components.seconds) }

    func sleep(_ time: Duration) { MonotonicTime.sleep(time) }

    func say(_ line: String) {
        log.append(LogLine(time: Self.nanoseconds, level: .info, line))
        Console.write("keel: \(line)\n")
        // The kernel's log, so that our lines stand among its own.
        do throws(Errno) {
            try File.put(Array("<6>keel: \(line)\n".utf8).span, to: "/dev/kmsg")
        } catch { return }
    }

    /// Since 1970.
    static var nanoseconds: Int64 {
        let (seconds, fraction) = WallTime.now.components
        return seconds * 1_000_000_000 + fraction / 1_000_000_000
    }

    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
}

/// The machine's console.
enum Console {
    /// A console that cannot be written to is no reason to stop.
    static func write(_ text: String) {
        do throws(Errno) {
            let console = try Descriptor(opening: "/dev/console", for: .writing, .nonBlocking)
            try console.writeNext(Array(text.utf8).span)
        } catch { return }
    }
}
