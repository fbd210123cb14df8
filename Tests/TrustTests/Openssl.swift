import Foundation

/// Runs the `openssl` program in a folder of its own, which goes away with this value.
final class Openssl {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("trust-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The exit status. Words of `arguments` are split at blanks.
    @discardableResult
    func run(_ arguments: String) throws -> Int32 {
        try start(arguments.split(separator: " ").map(String.init), FileHandle.nullDevice)
    }

    /// What it printed, without the line break at its end; `nil` when it failed.
    func output(_ arguments: String) throws -> String? {
        try output(arguments.split(separator: " ").map(String.init))
    }

    func output(_ arguments: [String]) throws -> String? {
        let file = folder.appendingPathComponent("output-\(UUID().uuidString)")
        try Data().write(to: file)
        let sink = try FileHandle(forWritingTo: file)
        let status = try start(arguments, sink)
        try sink.close()
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return status == 0 ? text.trimmingCharacters(in: .newlines) : nil
    }

    private func start(_ arguments: [String], _ output: FileHandle) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    func read(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
