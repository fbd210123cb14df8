import Syscalls

/// Runs a tool and gives its output; throws when it fails.
@discardableResult
public func run(_ tool: String, _ arguments: String...) throws -> String {
    let outcome = try Spawn.run(
        "/usr/bin/env",
        [tool] + arguments,
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "MTOOLS_SKIP_CHECK=1"],
        error: .inherited,
        outputLimit: 1 << 20,
        timeout: .seconds(120)
    )
    let text = String(decoding: outcome.output, as: UTF8.self)
    guard outcome.end == .exited(code: 0) else {
        throw ToolFailure(tool: tool, arguments: arguments, end: outcome.end, output: text)
    }
    return text
}

/// A tool that did not end well, and what it said until then.
struct ToolFailure: Error {
    let tool: String
    let arguments: [String]
    let end: Spawn.Outcome.End
    let output: String
}
