import API
import Slots
import SlotsLayout
import Syscalls
import Trust

/// Reads what a node shall be given with its disk: who it is, and how it is set up.
enum Giving {
    /// The files of an identity folder, by their names there, and as the node keeps them.
    static let identityFiles = [
        "machine-id": "machine-id",
        "agent.key": "identity/agent.key",
        "agent.crt": "identity/agent.crt",
        "join-secret": "join-secret",
    ]
    private static let fileLimit = 64 << 10
    private static let secretLimit = 4096

    /// `identity` is a folder, `config` a file; `nil` when there is neither.
    static func read(identity: String?, config: String?) throws(ToolError) -> GivenFiles? {
        var files: [String: String] = [:]
        if let identity { files = try Self.identity(identity) }
        if let config { files["config/current.json"] = try Self.config(config) }
        return identity == nil && config == nil ? nil : GivenFiles(files)
    }

    private static func identity(_ folder: String) throws(ToolError) -> [String: String] {
        let names: [String]
        do throws(Errno) { names = try Directory.names(at: folder) } catch {
            throw .system("read", folder, error)
        }
        var files: [String: String] = [:]
        for name in names {
            let path = "\(folder)/\(name)"
            // A name that is nearly right would give the node nothing, and say nothing.
            guard let kept = identityFiles[name] else { throw .given(path, .notOfAnIdentity) }
            let bytes = try readFile(path, limit: fileLimit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .given(path, .notText)
            }
            files[kept] = text
        }
        guard !files.isEmpty else { throw .given(folder, .empty) }
        try check(files, folder)
        return files
    }

    private static func check(_ files: [String: String], _ folder: String) throws(ToolError) {
        if let text = files["machine-id"] {
            let id = text.hasSuffix("\n") ? text.dropLast() : text[...]
            guard id.utf8.count == 32, [UInt8](hex: String(id)) != nil else {
                throw .given("\(folder)/machine-id", .notAMachineID)
            }
        }
        if let secret = files["join-secret"] {
            // Without blanks at its end, as the node takes it.
            let isBlank = secret.utf8.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard !isBlank, secret.utf8.count <= secretLimit else {
                throw .given("\(folder)/join-secret", .notASecret(size: secret.utf8.count))
            }
        }
        var key: CertificateKey?
        if let pem = files["identity/agent.key"] {
            do throws(CertificateError) { key = try CertificateKey(pem: Array(pem.utf8)) } catch {
                throw .given("\(folder)/agent.key", .key(error))
            }
        }
        guard let pem = files["identity/agent.crt"] else { return }
        let certificate: Certificate?
        do throws(CertificateError) {
            certificate = try Certificate.chain(pem: Array(pem.utf8)).first
        } catch {
            throw .given("\(folder)/agent.crt", .certificate(error))
        }
        guard let key, let certificate, key.belongs(to: certificate) else {
            throw .given("\(folder)/agent.crt", .notOfTheKey(hasKey: key != nil))
        }
    }

    /// The document as `osctl config apply` takes it; the file as the node keeps it.
    private static func config(_ path: String) throws(ToolError) -> String {
        let bytes = try readFile(path, limit: YAMLNode.limits.size)
        let config: Keel_V1_NodeConfig
        do throws(DocumentFault) {
            let document = try YAMLNode(document: bytes)
            guard case .map = document.value else {
                throw DocumentFault(document.line, "expected fields of a configuration")
            }
            do throws(Keel_V1_NodeConfig.Fault) {
                config = try Keel_V1_NodeConfig(document: document.json)
            } catch {
                throw DocumentFault(error.field.flatMap(document.line(of:)), error.words)
            }
        } catch {
            throw .given(path, .document(error))
        }
        do throws(CallFailure) { try ConfigCheck.check(config) } catch {
            throw .given(path, .configuration(error.sentence))
        }
        guard let kept = config.kept(generation: 1, id: "") else { throw .given(path, .notText) }
        return String(decoding: kept, as: UTF8.self)
    }
}

/// Why a node cannot be given a file.
enum GivenFault: Error, Equatable {
    /// A name in an identity folder that no part of an identity has.
    case notOfAnIdentity
    case notText
    /// A folder with nothing in it.
    case empty
    case notAMachineID
    /// Empty, or too long.
    case notASecret(size: Int)
    case key(CertificateError)
    case certificate(CertificateError)
    case notOfTheKey(hasKey: Bool)
    case document(DocumentFault)
    /// The node would refuse it with this sentence.
    case configuration(String)
    /// All of it together has more bytes than there is room for.
    case tooMuch(limit: Int)

    var words: String {
        switch self {
        case .notOfAnIdentity:
            "expected only " + Giving.identityFiles.keys.sorted().joined(separator: ", ")
                + " in this folder"
        case .notText: "expected text in UTF-8"
        case .empty:
            "expected at least one of "
                + Giving.identityFiles.keys.sorted().joined(separator: ", ")
        case .notAMachineID: "expected 32 hexadecimal digits"
        case .notASecret(let size): "expected a text of 1 to 4096 bytes, found \(size)"
        case .key(let error), .certificate(let error): error.words
        case .notOfTheKey(hasKey: true): "agent.key is not its key"
        case .notOfTheKey(hasKey: false): "expected agent.key beside it"
        case .document(let fault): fault.words
        case .configuration(let sentence):
            sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
        case .tooMuch(let limit): "with everything else given it has more than \(limit) bytes"
        }
    }
}
