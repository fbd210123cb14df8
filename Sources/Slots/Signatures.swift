/// One line of `manifest.sig`: who signed, and the 64 bytes.
public struct Signature: Sendable, Hashable {
    public static let byteCount = 64

    /// SHA-256 of the signer's SubjectPublicKeyInfo.
    public let keyID: Digest
    public let bytes: [UInt8]

    public init(keyID: Digest, bytes: [UInt8]) {
        self.keyID = keyID
        self.bytes = bytes
    }

    /// `<key id> ed25519 <base64>`, without the newline.
    public var line: String { "\(keyID.hex) ed25519 \(Base64.encode(bytes))" }
}

/// Why `manifest.sig` could not be read. Lines count from 1.
public enum SignaturesError: Error, Sendable, Hashable {
    case malformed(line: Int)
    case duplicate(line: Int)
    case tooMany(limit: Int)
}

/// The signatures of a release.
public struct Signatures: Sendable, Hashable {
    public static let countLimit = 32

    public private(set) var all: [Signature] = []

    public init(_ all: [Signature] = []) { self.all = all }

    /// Reads the bytes of a `manifest.sig`. Lines of an algorithm we do not know are passed over,
    /// so that a release can be signed for older and newer nodes at once.
    public init(parsing bytes: [UInt8]) throws(SignaturesError) {
        guard bytes.isEmpty || bytes.last == UInt8(ascii: "\n") else {
            throw .malformed(line: bytes.split(separator: UInt8(ascii: "\n")).count)
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard lines.count <= Self.countLimit else { throw .tooMany(limit: Self.countLimit) }
        for (index, line) in lines.enumerated() {
            let fields = String(decoding: line, as: UTF8.self)
                .split(separator: " ", omittingEmptySubsequences: false)
            guard fields.count == 3, let id = Digest(hex: String(fields[0])) else {
                throw .malformed(line: index + 1)
            }
            guard fields[1] == "ed25519" else { continue }
            guard let signature = Base64.decode(String(fields[2])),
                signature.count == Signature.byteCount
            else { throw .malformed(line: index + 1) }
            guard !all.contains(where: { $0.keyID == id }) else {
                throw .duplicate(line: index + 1)
            }
            all.append(Signature(keyID: id, bytes: signature))
        }
    }

    /// The bytes of `manifest.sig`.
    public func encoded() -> [UInt8] { Array(all.map { $0.line + "\n" }.joined().utf8) }

    /// Adds `signature`, in place of an earlier one by the same key.
    public mutating func add(_ signature: Signature) {
        all.removeAll { $0.keyID == signature.keyID }
        all.append(signature)
    }

    /// How many of `keys` signed exactly `message`. A key counts once.
    public func count(
        of keys: [PublicKey],
        over message: [UInt8],
        checker: any SignatureChecking
    ) -> Int {
        Set(keys).count { key in
            all.contains {
                $0.keyID == key.id
                    && checker.isValid($0.bytes.span, of: message.span, by: key)
            }
        }
    }
}
