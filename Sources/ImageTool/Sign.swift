import ArgumentParser
import Slots
import Trust

struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add a signature to a bundle",
        discussion: """
            A signature by the same key is replaced. With --signature one that was made elsewhere \
            is attached: 64 bytes, or base64, of Ed25519 over manifest.json, by a key that the \
            image trusts or that --public-key gives.

            Example: keel-image sign keelos-1.2.0.keel --key second.key
            """
    )

    @Argument(help: ArgumentHelp("Sign this bundle", valueName: "file.keel"))
    var bundle: String

    @Option(help: ArgumentHelp("Sign with this private key (repeatable)", valueName: "file"))
    var key: [String] = []

    @Option(help: ArgumentHelp("Attach this signature", valueName: "file"))
    var signature: String?

    @Option(help: ArgumentHelp("Name the key that made it", valueName: "id"))
    var keyID: String?

    @Option(help: ArgumentHelp("Check it with this key", valueName: "file.pub"))
    var publicKey: String?

    func validate() throws {
        guard key.isEmpty != (signature == nil) else {
            throw ValidationError("Give either --key or --signature.")
        }
        guard signature == nil || keyID != nil || publicKey != nil else {
            throw ValidationError("--signature needs --key-id or --public-key.")
        }
        guard signature != nil || (keyID == nil && publicKey == nil) else {
            throw ValidationError("--key-id and --public-key belong to --signature.")
        }
    }

    func run() throws {
        try report(unchanged: "The bundle is as it was.") { () throws(ToolError) in
            let report = try sign()
            return """
                Signed \(bundle).
                Release digest: \(report.release)
                Signatures now: \(report.signers.map(\.short).joined(separator: ", "))
                """
        }
    }

    private func sign() throws(ToolError) -> Signing.Report {
        guard let signature else {
            var keys: [PrivateKey] = []
            for path in key { keys.append(try PrivateKey.read(path)) }
            return try Signing(bundle).add(keys)
        }
        var id: Digest?
        if let keyID {
            id = try readOption("--key-id", keyID, "64 hexadecimal digits") { Digest(hex: $0) }
        }
        var key: PublicKey?
        if let publicKey { key = try PublicKey.read(publicKey) }
        let bytes = try Self.readSignature(signature)
        return try Signing(bundle).attach(bytes, keyID: id, publicKey: key)
    }

    /// 64 raw bytes, or base64 of them with an optional newline.
    static func readSignature(_ path: String) throws(ToolError) -> [UInt8] {
        let bytes = try readFile(path, limit: 4096)
        if bytes.count == Signature.byteCount { return bytes }
        let text = String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
        guard let decoded = Base64.decode(text), decoded.count == Signature.byteCount else {
            throw .notASignature(path, size: bytes.count)
        }
        return decoded
    }
}
