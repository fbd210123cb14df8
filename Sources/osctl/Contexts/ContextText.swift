import SlotsFetch
import Syscalls

// Contexts for people and programs. Keys are never shown.

extension ContextFile {
    var table: String {
        guard !contexts.isEmpty else {
            return "There are no contexts; 'osctl context add' makes one."
        }
        let rows = contexts.map { context in
            [
                context.name == current ? "*" : "", context.name,
                context.endpoints.map(\.description).joined(separator: ","),
                context.knownBy, context.credentialWords,
            ]
        }
        return Table.text([["", "NAME", "NODES", "KNOWN BY", "CREDENTIALS"]] + rows)
    }

    var json: String {
        let items = contexts.map { context in
            let nodes = context.endpoints.map { quoted($0.description) }.joined(separator: ",")
            return "{\"name\":\(quoted(context.name)),\"endpoints\":[\(nodes)],"
                + "\"fingerprint\":\(quoted(context.fingerprint?.hex))}"
        }
        return "{\"current\":\(quoted(current)),\"contexts\":[\(items.joined(separator: ","))]}"
    }
}

extension Context {
    fileprivate var knownBy: String {
        if let fingerprint { return "fingerprint \(fingerprint.short)" }
        return ca == nil ? "what was remembered" : "CA"
    }

    fileprivate var credentialWords: String {
        if certificate != nil { return "certificate" }
        return kubeconfig == nil ? "none" : "kubeconfig"
    }

    var page: String {
        func words(_ text: String?) -> String {
            guard let text else { return "-" }
            return text.contains("-----BEGIN ") ? "(in the file)" : text
        }
        return Table.text([
            ["name", name],
            ["nodes", endpoints.map(\.description).joined(separator: ", ")],
            ["fingerprint", fingerprint?.hex ?? "-"],
            ["ca", words(ca)],
            ["certificate", words(certificate)],
            ["key", words(key)],
            ["kubeconfig", words(kubeconfig)],
        ])
    }
}

extension NodeOptions {
    /// The options as a context; `absolute` makes a path hold from anywhere.
    func context(
        named name: String,
        _ absolute: (String) -> String
    ) throws(SetupError) -> Context {
        guard Context.isName(name) else {
            throw .value(option: "NAME", found: name, expected: "letters, digits, . - _ or @")
        }
        if (cert == nil) != (key == nil) { throw .certificateAndKey }
        var context = Context(name: name, endpoints: try endpoints(nil, changes: false))
        context.fingerprint = try pin(context.endpoints.count)
        context.ca = ca.map(absolute)
        context.certificate = cert.map(absolute)
        context.key = key.map(absolute)
        context.kubeconfig = kubeconfig.map(absolute)
        return context
    }
}

extension Home {
    /// The path from the root folder, where the working folder is known. `PWD` does not tell it: a
    /// program that starts this one elsewhere hands its own on.
    func absolute(_ text: String) -> String {
        let path = path(text)
        guard !path.hasPrefix("/"), let folder = WorkingFolder.path else { return path }
        return folder + "/" + path
    }
}
