import Syscalls

/// Files and folders, as the first process uses them.
protocol Files: AnyObject {
    /// Throws `.tooLarge` for more than `limit` bytes.
    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8]
    /// Bytes of a device, all of them or an error.
    func read(_ path: String, range: Range<Int>) throws(Errno) -> [UInt8]
    func names(at folder: String) throws(Errno) -> [String]
    /// Where a symbolic link leads.
    func target(of path: String) throws(Errno) -> String
    func exists(_ path: String) -> Bool
    func makeFolder(_ path: String, permissions: UInt32) throws(Errno)
    /// Writes to a file that is there, such as a setting of the kernel.
    func put(_ text: String, to path: String) throws(Errno)
    /// Makes or replaces a file of the running system.
    func fill(_ path: String, with text: String) throws(Errno)
    /// Replaces a file in one step; survives power loss.
    func keep(_ path: String, _ text: String) throws(Errno)
    func remove(_ path: String) throws(Errno)
    func removeFolder(_ path: String) throws(Errno)
    /// Gives a file or folder another name; what has it already is replaced, if no full folder.
    func rename(_ path: String, to new: String) throws(Errno)
}

/// What only the first process asks of the kernel.
protocol Kernel: AnyObject {
    func mount(_ mount: Mount) throws(Errno)
    func unmount(_ target: String, lazily: Bool) throws(Errno)
    /// Makes `folder` the root.
    func enter(_ folder: String) throws(Errno)
    func loadModule(_ path: String, parameters: String) throws(Errno)
    /// The node of a device that lets nothing through but what the root hash vouches for.
    func makeVerity(_ table: VerityTable) throws(Errno) -> String
    /// Becomes another program; returns only by throwing.
    func become(_ program: String) throws(Errno)
    /// Runs a program to its end.
    func run(
        _ program: String,
        _ arguments: [String],
        within time: Duration
    ) throws(Errno) -> Spawn.Outcome
    func setHostName(_ name: String) throws(Errno)
    func setClock(seconds: Int) throws(Errno)
    /// Sends a message of rtnetlink.
    func changeLinks(_ message: [UInt8]) throws(Errno)
    func random(_ count: Int) throws(Errno) -> [UInt8]
    /// By a clock that nobody sets.
    var now: Duration { get }
    /// Seconds since 1970.
    var calendar: Int { get }
    func sleep(_ time: Duration)
    /// A line on the console and in our own log.
    func say(_ line: String)
}

/// The machine as both stages see it: the real one asks the kernel, the one in the tests remembers.
protocol Ground: Files, Kernel {}

/// One thing to mount.
struct Mount: Sendable, Hashable {
    var source: String
    var target: String
    var type = ""
    var options: Mounts.Options = []
    var data = ""
}

extension Files {
    /// A small text without the spaces and line breaks around it; `nil` when it cannot be read.
    func text(_ path: String, limit: Int = 64 << 10) -> String? {
        guard let bytes = try? read(path, limit: limit) else { return nil }
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 0 }
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end].drop(while: isSpace), as: UTF8.self)
    }

    /// The names in a folder; none when it cannot be read.
    func list(_ folder: String) -> [String] { (try? names(at: folder)) ?? [] }
}
