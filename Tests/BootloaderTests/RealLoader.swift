import Slots
import Syscalls

/// The real loader in a real firmware, asked through `bootloader/answer.py`.
enum RealLoader {
    /// What GRUB told the kernel, and what it left on the disk.
    struct Answer: Equatable {
        let slot: String
        let state: String
        let copies: [[UInt8]?]
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Boots every case, two at once.
    static func answers(to cases: [BootCase]) throws -> [Int: Answer] {
        let folder = "/tmp/keelos-loader-\(MonotonicTime.now.components.attoseconds)"
        try Directory.create(folder)
        defer {
            _ = try? Spawn.run("/bin/rm", ["-rf", folder], outputLimit: 0, timeout: .seconds(9))
        }
        let loader = folder + "/BOOTX64.EFI"
        _ = try run("/bin/sh", [root + "/bootloader/build.sh", loader], minutes: 2)
        let text = cases.enumerated().map { $1.line($0) + "\n" }.joined()
        try File.writeAtomically(
            Array(text.utf8).span,
            to: folder + "/cases",
            permissions: 0o600
        )
        let command = "python3 '\(root)/bootloader/answer.py' '\(loader)' < '\(folder)/cases'"
        let output = try run("/bin/sh", ["-c", command], minutes: 2 + cases.count)
        var answers: [Int: Answer] = [:]
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 6, let number = Int(words[0]) else { continue }
            answers[number] = Answer(
                slot: words[1],
                state: words[2],
                copies: words[3...].map { $0 == "-" ? nil : [UInt8](hex: $0) }
            )
        }
        return answers
    }

    private static func run(
        _ program: String,
        _ arguments: [String],
        minutes: Int
    ) throws -> [UInt8] {
        let outcome = try Spawn.run(
            program,
            arguments,
            error: .inherited,
            outputLimit: 64 << 20,
            timeout: .seconds(60 * minutes)
        )
        guard outcome.end == .exited(code: 0) else {
            throw Failure(description: "\(arguments): \(outcome.end)")
        }
        return outcome.output
    }

    /// The package's root: this file lies three levels below it.
    private static var root: String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    }
}
