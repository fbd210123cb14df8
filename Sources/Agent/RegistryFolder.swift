import API
import Syscalls

/// How the container runtime reaches registries: files that containerd reads anew at every pull, so
/// that nothing is restarted.
///
/// A folder for each registry with `hosts.toml`, and the mirrors' CA where one is set. The mirrors
/// are tried in their order, then the registry itself. Source: containerd, `docs/hosts.md`.
struct RegistryFolder: Sendable {
    /// In the state folder; containerd's configuration names it as `config_path`.
    static let name = "registries"
    /// containerd's word for every registry that has no folder of its own.
    private static let others = "_default"
    private static let limit = 1 << 20

    let state: StateFolder

    /// Makes the folder say what `mirrors` says, and nothing else; durable when it returns.
    ///
    /// Throws when a file cannot be written; then each registry has its old mirrors or its new.
    func write(_ mirrors: [Keel_V1_RegistryMirror]) throws(StateError) {
        let folders = Set(mirrors.map(Self.folder))
        for gone in try state.list(Self.name) where !folders.contains(gone) {
            let name = "\(Self.name)/\(gone)"
            do throws(Errno) { try Directory.removeTree("\(state.path)/\(name)") } catch {
                throw StateError(.remove, name, error)
            }
        }
        for mirror in mirrors {
            let folder = "\(Self.name)/\(Self.folder(mirror))"
            let authorities = "\(folder)/ca.crt"
            let hosts = Self.hosts(mirror, authorities: try state.absolute(authorities))
            // What a file names is there before the file, and goes after it.
            if !mirror.ca.isEmpty { try put(authorities, mirror.ca) }
            try put("\(folder)/hosts.toml", hosts)
            if mirror.ca.isEmpty { try state.remove(authorities) }
        }
    }

    private func put(_ name: String, _ text: String) throws(StateError) {
        let bytes = Array(text.utf8)
        guard try state.read(name, limit: Self.limit) != bytes else { return }
        try state.write(name, bytes)
    }

    static func folder(_ mirror: Keel_V1_RegistryMirror) -> String {
        mirror.registry == "*" ? others : mirror.registry
    }

    /// `hosts.toml` of one registry. `authorities`: where its CA lies, if it has one.
    static func hosts(_ mirror: Keel_V1_RegistryMirror, authorities: String) -> String {
        var lines: [String] = []
        for endpoint in mirror.endpoints {
            lines += ["[host.\(quoted(endpoint))]", "  capabilities = [\"pull\", \"resolve\"]"]
            if !mirror.ca.isEmpty { lines.append("  ca = \(quoted(authorities))") }
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n") + "\n"
    }

    /// A basic string of TOML 1.0.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            default: "\(scalar)"
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
