import Slots

/// A service as its file in `/etc/keel/services` describes it: flat JSON.
struct ServiceSpec: Sendable, Hashable {
    enum Starts: String, Sendable, Hashable {
        case always
        /// Once the node has joined a cluster.
        case bootstrapped
    }

    /// The same as its log's name: 1 to 64 letters, digits, dots, dashes and underscores.
    let name: String
    /// Program and arguments; `{disk}` is our disk's node.
    let command: [String]
    /// Services that must have been started before, or `network`.
    let after: [String]
    let starts: Starts
    let firstRest: Duration
    let longestRest: Duration
    let stopTime: Duration
    /// Bytes; 0 is no limit.
    let memoryLimit: Int

    /// Why a file is refused.
    enum Fault: Error, Sendable, Hashable {
        case notFlatJSON(FlatJSON.Fault)
        /// Missing, or of the wrong kind or size.
        case member(String)
        case unknown(String)

        var words: String {
            switch self {
            case .notFlatJSON(let fault): "it \(fault.words)"
            case .member(let name): "it has no good \"\(name)\""
            case .unknown(let name): "\"\(name)\" is no member of a service"
            }
        }
    }

    init(
        name: String,
        command: [String],
        after: [String] = [],
        starts: Starts = .always,
        firstRest: Duration = .seconds(1),
        longestRest: Duration = .seconds(30),
        stopTime: Duration = .seconds(10),
        memoryLimit: Int = 0
    ) {
        self.name = name
        self.command = command
        self.after = after
        self.starts = starts
        self.firstRest = firstRest
        self.longestRest = longestRest
        self.stopTime = stopTime
        self.memoryLimit = memoryLimit
    }

    /// Reads a file. Everything but name and command has a default; unknown members are refused,
    /// because a word that was misspelled must not be passed over.
    init(parsing bytes: [UInt8]) throws(Fault) {
        let members: [String: FlatJSON.Value]
        do { members = try FlatJSON(parsing: bytes).members } catch { throw .notFlatJSON(error) }
        if let stranger = members.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw .unknown(stranger)
        }
        guard case .text(let name) = members["name"], (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy(Self.mayBeInName)
        else { throw .member("name") }
        guard case .list(let command) = members["command"], let program = command.first,
            program.hasPrefix("/")
        else { throw .member("command") }
        let first = try Self.number(members, "restart.first", 1, in: 1...3600)
        self.init(
            name: name,
            command: command,
            after: try Self.list(members, "after"),
            starts: try Self.starts(members["starts"]),
            firstRest: .seconds(first),
            longestRest: .seconds(
                try Self.number(members, "restart.most", max(30, first), in: first...3600)
            ),
            stopTime: .seconds(try Self.number(members, "stop.seconds", 10, in: 1...300)),
            memoryLimit: try Self.number(members, "memory.max", 0, in: 0...1 << 50)
        )
    }

    /// The command with our disk's node in its place.
    func command(disk: String) -> [String] {
        command.map { $0 == "{disk}" ? disk : $0 }
    }

    private static let known: Set = [
        "name", "command", "after", "starts", "restart.first", "restart.most", "stop.seconds",
        "memory.max",
    ]

    private static func mayBeInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func number(
        _ members: [String: FlatJSON.Value],
        _ key: String,
        _ fallback: Int,
        in range: ClosedRange<Int>
    ) throws(Fault) -> Int {
        guard let value = members[key] else { return fallback }
        guard case .number(let number) = value, range.contains(number) else {
            throw .member(key)
        }
        return number
    }

    private static func list(
        _ members: [String: FlatJSON.Value],
        _ key: String
    ) throws(Fault) -> [String] {
        guard let value = members[key] else { return [] }
        guard case .list(let list) = value else { throw .member(key) }
        return list
    }

    private static func starts(_ value: FlatJSON.Value?) throws(Fault) -> Starts {
        guard let value else { return .always }
        guard case .text(let text) = value, let starts = Starts(rawValue: text) else {
            throw .member("starts")
        }
        return starts
    }
}
