import ArgumentParser

struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what a shell needs to complete osctl",
        discussion: "EXAMPLE: osctl completion bash > /etc/bash_completion.d/osctl"
    )

    @Argument(help: "bash, zsh or fish")
    var shell: Shell

    func run() {
        print(Osctl.completionScript(for: shell.shell))
    }
}

extension CompletionKind {
    /// The names of the contexts there are; none when the file cannot be read.
    static let contexts = CompletionKind.custom { _, _, _ in
        do { return try ContextStore(.current).read().contexts.map(\.name) } catch { return [] }
    }
}

/// The shells that words can be completed in.
enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish

    var shell: CompletionShell {
        switch self {
        case .bash: .bash
        case .zsh: .zsh
        case .fish: .fish
        }
    }
}
