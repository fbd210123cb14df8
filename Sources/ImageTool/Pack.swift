import ArgumentParser
import Slots
import Trust

struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a signed bundle of a SquashFS image",
        discussion: """
            The same image, options and keys give the same bytes.

            Example: keel-image pack --squashfs root.squashfs --version 1.2.0 --key release.key \
            --output keelos-1.2.0.keel
            """
    )

    @OptionGroup(title: "The release") var release: ReleaseOptions
    @OptionGroup(title: "What nodes may do with it") var rules: RuleOptions
    @OptionGroup(title: "What is in it") var content: ContentOptions

    func run() throws {
        try report(unchanged: "No file was written.") { () throws(ToolError) in
            var keys: [PrivateKey] = []
            for path in release.key {
                let read = try PrivateKey.read(path)
                if !keys.contains(where: { $0.publicKey == read.publicKey }) { keys.append(read) }
            }
            let packing = Packing(squashFS: release.squashfs, facts: try facts(), keys: keys)
            return text(try packing.write(to: release.output))
        }
    }

    func facts() throws(ToolError) -> Packing.Facts {
        let trust = try rules.checkedPolicy()
        let facts = Packing.Facts(
            version: try readOption(
                "--version",
                release.version,
                "a version such as 1.2.0",
                Version.init
            ),
            epoch: try rules.checkedEpoch(trust),
            board: try rules.checkedBoard(trust),
            created: try content.checkedCreated(),
            expires: try rules.checkedExpires(),
            minimumVersion: try rules.checkedMinimumVersion(),
            requires: try rules.checkedRequires(),
            chunkAverage: try content.checkedChunkAverage(),
            state: try rules.checkedState(),
            loader: try content.checkedLoader(),
            kernel: try content.checkedWord("--kernel", content.kernel),
            kubelet: try content.checkedWord("--kubelet", content.kubelet),
            sbom: try content.checkedSbom(),
            notes: try content.checkedNotes(),
            trust: trust
        )
        return facts
    }

    private func text(_ report: Packing.Report) -> String {
        let missing = report.manifest.threshold - report.ownSignatures
        let wait = "It needs \(missing) more signature\(missing == 1 ? "" : "s"): keel-image sign."
        return """
            Wrote \(release.output): \(report.manifest.name) \(report.manifest.version), \
            \(report.size) bytes, \(report.manifest.chunks.count) chunks.
            Release digest: \(report.release)
            Signed by \(report.keyIDs.map(\.short).joined(separator: ", ")).
            """ + (missing > 0 ? "\n" + wait : "")
    }
}

/// Reads an option's text, or says what it should have been.
func readOption<Value>(
    _ name: String,
    _ text: String,
    _ expected: String,
    _ read: (String) -> Value?
) throws(ToolError) -> Value {
    guard let value = read(text) else {
        throw .option(name, found: text, expected: expected)
    }
    return value
}
