import ArgumentParser
import Slots
import Trust

/// What a bundle cannot be made without.
struct ReleaseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Take this image as the root", valueName: "root"))
    var squashfs: String

    @Option(help: "Name the release, in Semantic Versioning")
    var version: String

    @Option(help: ArgumentHelp("Sign with this private key (repeatable)", valueName: "file"))
    var key: [String]

    @Option(help: ArgumentHelp("Write the bundle here", valueName: "file.keel"))
    var output: String
}

/// What a node checks before it takes the release.
struct RuleOptions: ParsableArguments {
    @Option(help: "Count up to close a hole for good (default: 1)")
    var epoch: Int?

    @Option(help: "Name the hardware it boots on (default: x86_64-uefi)")
    var board: String?

    @Option(help: ArgumentHelp("Go straight to it from this version on", valueName: "version"))
    var minimumVersion: String?

    @Option(help: ArgumentHelp("Refuse to install it after this", valueName: "time"))
    var expires: String?

    @Option(help: ArgumentHelp("Demand this of the node (repeatable)", valueName: "feature"))
    var requires: [String] = []

    @Option(help: ArgumentHelp("Read state of these schemas", valueName: "min-max"))
    var stateReads = "1-1"

    @Option(help: ArgumentHelp("Write state of this schema", valueName: "n"))
    var stateWrites = 1

    @Option(help: ArgumentHelp("Trust as this directory does (default: --key)", valueName: "dir"))
    var trust: String?

    func checkedPolicy() throws(ToolError) -> TrustPolicy? {
        guard let trust else { return nil }
        return try TrustPolicy.read(trust)
    }

    /// An image below its own floor could not be gone back to: it must not be made.
    func checkedEpoch(_ policy: TrustPolicy?) throws(ToolError) -> Int {
        let floor = policy?.epoch ?? 0
        let epoch = epoch ?? max(1, floor)
        guard (floor...Int(UInt32.max)).contains(epoch) else {
            throw .option("--epoch", found: String(epoch), expected: "\(floor) or more")
        }
        return epoch
    }

    func checkedBoard(_ policy: TrustPolicy?) throws(ToolError) -> String {
        let board = board ?? policy?.board ?? "x86_64-uefi"
        guard Manifest.isWord(board) else {
            throw .option("--board", found: board, expected: "a word such as x86_64-uefi")
        }
        if let policy, policy.board != board {
            throw .option("--board", found: board, expected: "\(policy.board), as in --trust")
        }
        return board
    }

    func checkedMinimumVersion() throws(ToolError) -> Version? {
        guard let minimumVersion else { return nil }
        let expected = "a version such as 1.2.0"
        return try readOption("--minimum-version", minimumVersion, expected, Version.init)
    }

    func checkedExpires() throws(ToolError) -> Timestamp? {
        guard let expires else { return nil }
        return try readOption("--expires", expires, timeForm) { Timestamp($0) }
    }

    func checkedRequires() throws(ToolError) -> [String] {
        for feature in requires where !Manifest.features.contains(feature) {
            let known = Manifest.features.sorted().joined(separator: ", ")
            let expected = known.isEmpty ? "nothing: no feature is known yet" : known
            throw .option("--requires", found: feature, expected: expected)
        }
        return requires
    }

    func checkedState() throws(ToolError) -> Manifest.StateSchema {
        let expected = "two numbers such as 1-2, with --state-writes between them"
        let numbers = 0...Int(UInt16.max)
        let ends = stateReads.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let low = Int(ends[0]), let high = Int(ends[1]), low <= high,
            numbers.contains(low), numbers.contains(high), (low...high).contains(stateWrites)
        else { throw .option("--state-reads", found: stateReads, expected: expected) }
        return Manifest.StateSchema(reads: low...high, writes: stateWrites)
    }
}

let timeForm = "a time in UTC such as 2026-11-21T00:00:00Z"

/// What the bundle says of its content, and how it is cut.
struct ContentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Say when it was made (default: as the image)", valueName: "time"))
    var created: String?

    @Option(help: ArgumentHelp("Cut chunks of about this size", valueName: "bytes"))
    var chunkAverage = ByteCount(16 * 1024)

    @Option(help: ArgumentHelp("Name the boot loader it belongs to", valueName: "file"))
    var loader: String?

    @Option(help: ArgumentHelp("Name its kernel", valueName: "version"))
    var kernel: String?

    @Option(help: ArgumentHelp("Name its kubelet", valueName: "version"))
    var kubelet: String?

    @Option(help: ArgumentHelp("Name its bill of materials", valueName: "sha256"))
    var sbom: String?

    @Option(help: ArgumentHelp("Point to its release notes", valueName: "url"))
    var notes: String?

    func checkedCreated() throws(ToolError) -> Timestamp? {
        guard let created else { return nil }
        return try readOption("--created", created, timeForm) { Timestamp($0) }
    }

    func checkedChunkAverage() throws(ToolError) -> Int {
        guard Chunker.averages.contains(chunkAverage.bytes) else {
            let expected = "a power of two from 4K to 256K"
            throw .option("--chunk-average", found: "\(chunkAverage)", expected: expected)
        }
        return chunkAverage.bytes
    }

    func checkedLoader() throws(ToolError) -> LoaderFile? {
        guard let loader else { return nil }
        return try LoaderFile(path: loader)
    }

    func checkedWord(_ name: String, _ text: String?) throws(ToolError) -> String? {
        guard let text else { return nil }
        guard Manifest.isWord(text) else {
            throw .option(name, found: text, expected: "letters, digits and ._+-, at most 64")
        }
        return text
    }

    func checkedSbom() throws(ToolError) -> Digest? {
        guard let sbom else { return nil }
        return try readOption("--sbom", sbom, "64 hexadecimal digits") { Digest(hex: $0) }
    }

    func checkedNotes() throws(ToolError) -> String? {
        guard let notes else { return nil }
        let printable = notes.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard printable, (1...1024).contains(notes.utf8.count) else {
            throw .option("--notes", found: notes, expected: "a URL in ASCII, at most 1024 long")
        }
        return notes
    }
}
