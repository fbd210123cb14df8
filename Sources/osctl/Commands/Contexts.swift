import ArgumentParser

struct ContextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Name nodes and credentials, and choose among them",
        discussion: """
            Contexts are kept in ~/.config/osctl/config.yaml, or below XDG_CONFIG_HOME.

            EXAMPLE: osctl context use lab
            """,
        subcommands: [
            ListContexts.self, UseContext.self, AddContext.self, RemoveContext.self,
            ShowContext.self,
        ],
        defaultSubcommand: ListContexts.self
    )
}

struct ListContexts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the contexts, the one in use marked",
        discussion: "EXAMPLE: osctl context list"
    )

    @ParentCommand var options: Osctl

    func run() throws {
        do {
            let file = try ContextStore(.current).read()
            print(options.format == .json ? file.json : file.table)
        } catch {
            throw end(error)
        }
    }
}

struct UseContext: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use",
        abstract: "Use a context from now on",
        discussion: "EXAMPLE: osctl context use lab"
    )

    @Argument(help: "Its name", completion: .contexts)
    var name: String

    func run() throws {
        try changeContexts { (file) throws(SetupError) in
            _ = try file.context(name)
            file.current = name
            return "\(name) is in use."
        }
    }
}

struct AddContext: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a context from the connection options",
        discussion: """
            Its nodes are those of --endpoint or --nodes; --fingerprint, --ca, --cert, --key and \
            --kubeconfig are kept as paths. The first context is in use at once.

            EXAMPLE: osctl -n 10.0.0.7,10.0.0.8 --cert admin.crt --key admin.key context add lab
            """
    )

    @ParentCommand var options: Osctl

    @Argument(help: "Its name")
    var name: String

    @Flag(help: "Change the context that has this name")
    var replace = false

    @Flag(help: "Use it from now on")
    var use = false

    func run() throws {
        let home = Home.current
        try changeContexts { (file) throws(SetupError) in
            if file[name] != nil, !replace { throw .contextExists(name) }
            let context = try options.nodeOptions.context(named: name) { home.absolute($0) }
            let isFirst = file.contexts.isEmpty
            file.put(context)
            if use || isFirst { file.current = name }
            return "\(name) has \(context.endpoints.map(\.description).joined(separator: ", "))"
                + (file.current == name ? " and is in use." : ".")
        }
    }
}

struct RemoveContext: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Forget a context",
        discussion: "EXAMPLE: osctl context remove lab"
    )

    @Argument(help: "Its name", completion: .contexts)
    var name: String

    func run() throws {
        try changeContexts { (file) throws(SetupError) in
            _ = try file.context(name)
            file.remove(name)
            return "\(name) is forgotten."
        }
    }
}

struct ShowContext: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a context, without its keys",
        discussion: "EXAMPLE: osctl context show lab"
    )

    @Argument(help: "Its name; the one in use unless said", completion: .contexts)
    var name: String?

    func run() throws {
        do throws(CommandError) {
            let file = try ContextStore(.current).read()
            let found: Context?
            do { found = try file.context(name) } catch { throw .setup(error) }
            guard let found else { throw .setup(.noNode) }
            print(found.page)
        } catch {
            throw end(error)
        }
    }
}

/// Reads the file, changes it, writes it, and says what is true now.
private func changeContexts(
    _ change: (inout ContextFile) throws(SetupError) -> String
) throws(ExitCode) {
    do throws(CommandError) {
        let store = try ContextStore(.current)
        var file = try store.read()
        let sentence: String
        do { sentence = try change(&file) } catch { throw .setup(error) }
        try store.write(file)
        print(sentence)
    } catch {
        throw end(error)
    }
}
