import Foundation

/// A pipe with a name, into which a program writes some bytes.
final class NamedPipe {
    let path: String
    private let writer: Program

    init(_ bytes: [UInt8], in scratch: Scratch) throws {
        let name = UUID().uuidString
        let content = try scratch.write(name, bytes)
        path = scratch.file(name + ".pipe")
        try Program.run(["mkfifo", path])
        writer = try Program(["cp", content, path])
    }
}
