import Glibc
import Slots
import Syscalls
import Testing

/// Runs a target in a process of its own, which may crash, hang and be measured.
enum Lab {
    /// Expects that no promise is broken; a failure names the seed, what the process said last, and
    /// the input in base64.
    static func fuzz(
        _ target: any FuzzTarget.Type,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let name = target.name
        let seed = Settings.seed
        let rounds = max(1, target.rounds * Settings.depth / Settings.slowness)
        let path = "/tmp/keel-fuzz-\(getpid())-\(name)"
        defer {
            try? File.remove(path)
            try? File.remove(path + ".words")
        }
        let result = await #expect(processExitsWith: .success, sourceLocation: location) {
            [
                name = name as String, rounds = rounds as Int, seed = seed as UInt64,
                path = path as String
            ] in
            try Lab.work(name, rounds: rounds, seed: seed, path)
        }
        let words = last(try File.read(path + ".words", limit: 1 << 20))
        guard result == nil else {
            return print("fuzz: \(name): seed \(seed): \(words.prefix { $0 != "\n" })")
        }
        let input = Base64.encode(try Flight.input(in: path))
        Issue.record(
            "\(name), seed \(seed): \(words)\nfuzz: \(name): the input is \(input)",
            sourceLocation: location
        )
    }

    /// What the other process does.
    private static func work(
        _ name: String,
        rounds: Int,
        seed: UInt64,
        _ path: String
    ) throws {
        try say(into: path + ".words")
        do {
            complain(try Targets.run(name, rounds: rounds, seed: seed, flight: path))
        } catch let broken as BrokenPromise {
            complain(broken.sentence)
            exit(EXIT_FAILURE)
        }
    }

    /// Makes `path` what standard error goes to: what the runtime says of a crash stays there.
    private static func say(into path: String) throws(Errno) {
        let file = try Descriptor(opening: path, for: .writing, [.create, .truncate])
        dup2(file.number, STDERR_FILENO)
    }

    private static func last(_ bytes: [UInt8]) -> String {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.prefix(30).joined(separator: "\n")
    }
}
