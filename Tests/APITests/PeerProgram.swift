import Foundation
import Glibc
import Testing

/// Runs a program of `Tests/Peer`, within bounds.
final class PeerProgram: Sendable {
    /// What it printed and how it ended.
    struct Outcome: Sendable {
        var text: String
        var status: Int32
    }

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Peer")

    private let process: Process
    private let output = Pipe()
    private let input = Pipe()

    init(_ name: String, _ arguments: [String]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", Self.folder.appendingPathComponent(name).path] + arguments
        process.standardOutput = output
        process.standardError = output
        process.standardInput = input
        try process.run()
    }

    /// The next piece of what it prints.
    func read() async -> String {
        let descriptor = output.fileHandleForReading.fileDescriptor
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                // `FileHandle.availableData` traps when a signal interrupts it.
                var bytes = [UInt8](repeating: 0, count: 65536)
                var count = -1
                repeat {
                    // Sound: as many bytes as there is room for.
                    count = unsafe bytes.withUnsafeMutableBytes { bytes in
                        unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
                    }
                } while count == -1 && errno == EINTR
                let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
                continuation.resume(returning: text)
            }
        }
    }

    /// What it prints up to the end of a line.
    func readLine() async -> String {
        var text = ""
        while !text.hasSuffix("\n") {
            let part = await read()
            if part.isEmpty { break }
            text += part
        }
        return text
    }

    func closeInput() throws { try input.fileHandleForWriting.close() }

    /// Waits for its end; after `limit` it is killed.
    func finish(within limit: Duration = .seconds(60)) async -> Outcome {
        let number = process.processIdentifier
        let watchdog = Task {
            try await Task.sleep(for: limit)
            kill(number, SIGKILL)
        }
        defer { watchdog.cancel() }
        var text = ""
        while true {
            let part = await read()
            if part.isEmpty { break }
            text += part
        }
        process.waitUntilExit()
        return Outcome(text: text, status: process.terminationStatus)
    }
}

/// A folder that goes away with this value.
final class Scratch: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("api-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The path of a file with these bytes.
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file.path
    }
}
