import Syscalls

/// Where the administrator's files are: the XDG base directories.
struct Home: Sendable, Hashable {
    let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    /// What this process was started with; empty when the kernel does not tell.
    static var current: Home {
        let bytes: [UInt8]
        do throws(Errno) { bytes = try File.read("/proc/self/environ", limit: 4 << 20) } catch {
            return Home([:])
        }
        var environment: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            environment[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return Home(environment)
    }

    func configuration() throws(SetupError) -> String {
        try folder("XDG_CONFIG_HOME", "/.config") + "/osctl"
    }

    func state() throws(SetupError) -> String {
        try folder("XDG_STATE_HOME", "/.local/state") + "/osctl"
    }

    /// A path that starts with `~/` starts in the home folder.
    func path(_ text: String) -> String {
        guard text.hasPrefix("~/"), let home = environment["HOME"] else { return text }
        return home + text.dropFirst()
    }

    /// A relative value does not count: XDG Base Directory Specification.
    private func folder(_ variable: String, _ rest: String) throws(SetupError) -> String {
        if let found = environment[variable], found.hasPrefix("/") { return found }
        guard let home = environment["HOME"], home.hasPrefix("/") else { throw .noHome(variable) }
        return home + rest
    }
}

extension Directory {
    /// Makes the folder and those above it.
    static func createAll(_ path: String) throws(Errno) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            try create(made)
        }
    }
}
