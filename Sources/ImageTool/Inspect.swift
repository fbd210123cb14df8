import ArgumentParser
import Slots
import Trust

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a bundle says of itself",
        discussion: """
            Reads the form and the statement only. Trust is not checked: see verify.

            Example: keel-image inspect keelos-1.2.0.keel --json
            """
    )

    @Argument(help: ArgumentHelp("Look into this bundle", valueName: "file.keel"))
    var bundle: String

    @Flag(help: "Print one JSON object")
    var json = false

    func run() throws {
        try report(unchanged: "Nothing was changed.") { () throws(ToolError) in
            try Self.text(try BundleFile(bundle), json: json)
        }
    }

    static func text(_ bundle: BundleFile, json: Bool) throws(ToolError) -> String {
        let hashing = OpenSSLHashing()
        let message = bundle.statement.manifest
        let own = bundle.manifest.keys.map { PublicKey(der: $0, id: hashing.sha256($0.span)) }
        let valid = bundle.signatures.count(of: own, over: message, checker: Ed25519Checker())
        let signers = bundle.signatures.all.map(\.keyID.hex)
        var writer = FlatJSONWriter()
        writer.add("bundle.size", bundle.members.size)
        writer.add("bundle.digest", hashing.sha256(message.span).hex)
        writer.add("bundle.signers", signers)
        writer.add("bundle.validOwnSignatures", valid)
        let fields: [String: FlatJSON.Value]
        do throws(FlatJSON.Fault) {
            fields = try FlatJSON(parsing: message).members
        } catch {
            throw .manifest(bundle.path, .notFlatJSON(error))
        }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .text(let text): writer.add(name, text)
            case .number(let number): writer.add(name, number)
            case .list(let list): writer.add(name, list)
            }
        }
        if json {
            let lines = writer.lines(separator: ",\n", open: "{\n", close: "\n}")
            return String(decoding: lines, as: UTF8.self)
        }
        return people(bundle, valid: valid, digest: hashing.sha256(message.span))
    }

    private static func people(
        _ bundle: BundleFile,
        valid: Int,
        digest: Digest
    ) -> String {
        let manifest = bundle.manifest
        let chunks = manifest.chunks
        let signers = bundle.signatures.all.map(\.keyID.short).joined(separator: ", ")
        var rows: [(String, String?)] = [
            ("Release", "\(manifest.name) \(manifest.version), epoch \(manifest.epoch)"),
            ("Digest", digest.hex),
            ("For", "\(manifest.board), \(manifest.architecture)"),
            ("Created", manifest.created.description),
            ("Expires", manifest.expires?.description),
            ("Straight from", manifest.minimumVersion.map { "\($0) on" }),
            ("Root", "\(manifest.root.size) bytes, sha256 \(manifest.root.sha256)"),
            ("Hash tree", "root \(manifest.root.verity)"),
            ("Salt", manifest.root.salt.hex),
        ]
        rows += [
            ("Chunks", "\(chunks.count), \(chunks.algorithm) of about \(chunks.average) bytes"),
            ("State", "reads \(manifest.state.reads), writes \(manifest.state.writes)"),
            ("Loader", "contract \(manifest.loaderContract)"),
            ("Loader file", manifest.loaderDigest?.hex),
            ("Kernel", manifest.kernel),
            ("Kubelet", manifest.kubelet),
            ("Materials", manifest.sbom?.hex),
            ("Notes", manifest.notes),
            ("Trusts", "\(manifest.threshold) of \(manifest.keys.count) keys"),
            ("Signed by", signers.isEmpty ? "nobody" : signers),
            ("Own signatures", "\(valid) valid of \(manifest.threshold) needed"),
        ]
        let lines = rows.compactMap { name, value in
            value.map { name + String(repeating: " ", count: 16 - name.count) + $0 }
        }
        return lines.joined(separator: "\n") + "\nTrust was not checked: keel-image verify."
    }
}
