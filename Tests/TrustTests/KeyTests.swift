import Slots
import Testing
import Trust

@Suite("Keys")
struct KeyTests {
    @Test("openssl reads our private key and finds the same public key")
    func opensslReadsOurs() throws {
        let openssl = try Openssl()
        let key = try PrivateKey.generate()
        try openssl.write("ours.key", key.pem())
        #expect(try openssl.run("pkey -in ours.key -pubout -out theirs.pub") == 0)
        #expect(try openssl.read("theirs.pub") == key.publicKey.pem())
    }

    @Test("we read openssl's private key, and write it back byte for byte")
    func oursReadsOpenssl() throws {
        let openssl = try Openssl()
        try openssl.run("genpkey -algorithm ed25519 -out theirs.key")
        try openssl.run("pkey -in theirs.key -pubout -out theirs.pub")
        let pem = try openssl.read("theirs.key")
        let key = try PrivateKey(pem: pem.span)
        #expect(try key.pem() == pem)
        let shown = try openssl.read("theirs.pub")
        #expect(try key.publicKey == PublicKey(pem: shown.span))
    }

    @Test("a public key's id is the SHA-256 of its DER as openssl writes it")
    func identity() throws {
        let openssl = try Openssl()
        let key = try PrivateKey.generate().publicKey
        try openssl.write("key.pub", key.pem())
        try openssl.run("pkey -pubin -in key.pub -outform DER -out key.der")
        try openssl.run("dgst -sha256 -binary -out key.id key.der")
        #expect(try openssl.read("key.der") == key.der)
        #expect(try openssl.read("key.id") == key.id.bytes)
        #expect(key.der.count == PublicKey.byteCount)
    }

    @Test("two generated keys differ")
    func different() throws {
        #expect(try PrivateKey.generate().publicKey != PrivateKey.generate().publicKey)
    }

    @Test("text around a key is passed over, a second block is refused")
    func around() throws {
        let pem = try PrivateKey.generate().publicKey.pem()
        let framed = "the key of the build server\n".bytes + pem + "end\n".bytes
        #expect(try PublicKey(pem: framed.span).pem() == pem)
        let twice = pem + pem
        #expect(throws: KeyError.severalBlocks) { try PublicKey(pem: twice.span) }
    }

    @Test("what is no PEM at all is refused as such", arguments: ["", "hello\n", "\u{0}"])
    func notPEM(text: String) {
        let bytes = text.bytes
        #expect(throws: KeyError.notPEM) { try PublicKey(pem: bytes.span) }
        #expect(throws: KeyError.notPEM) { try PrivateKey(pem: bytes.span) }
    }

    @Test("a file of more than 64 KiB is not a key, whatever it begins with")
    func tooLong() throws {
        let pem = try PrivateKey.generate().publicKey.pem()
        let long = pem + [UInt8](repeating: 10, count: 64 * 1024)
        #expect(throws: KeyError.notPEM) { try PublicKey(pem: long.span) }
    }

    @Test("a private key where a public one belongs is refused by its label, and the other way")
    func wrongLabel() throws {
        let key = try PrivateKey.generate()
        let secret = try key.pem()
        let shown = try key.publicKey.pem()
        #expect(throws: KeyError.wrongLabel(found: "PRIVATE KEY", expected: "PUBLIC KEY")) {
            try PublicKey(pem: secret.span)
        }
        #expect(throws: KeyError.wrongLabel(found: "PUBLIC KEY", expected: "PRIVATE KEY")) {
            try PrivateKey(pem: shown.span)
        }
    }

    @Test("a key under a passphrase is refused as encrypted, without asking for one")
    func encrypted() throws {
        let openssl = try Openssl()
        try openssl.run("genpkey -algorithm ed25519 -aes256 -pass pass:secret -out new.key")
        try openssl.run("genrsa -aes256 -passout pass:secret -traditional -out old.key 2048")
        for name in ["new.key", "old.key"] {
            let pem = try openssl.read(name)
            #expect(throws: KeyError.encrypted) { try PrivateKey(pem: pem.span) }
        }
    }

    @Test(
        "a key of another algorithm is refused by its name",
        arguments: [
            ("RSA", "rsa -pkeyopt rsa_keygen_bits:2048"),
            ("EC", "ec -pkeyopt ec_paramgen_curve:P-256"),
            ("ED448", "ed448"),
            ("X25519", "x25519"),
        ]
    )
    func otherAlgorithm(name: String, options: String) throws {
        let openssl = try Openssl()
        try openssl.run("genpkey -algorithm \(options) -out other.key")
        try openssl.run("pkey -in other.key -pubout -out other.pub")
        let secret = try openssl.read("other.key")
        let shown = try openssl.read("other.pub")
        #expect(throws: KeyError.notEd25519(found: name)) { try PrivateKey(pem: secret.span) }
        #expect(throws: KeyError.notEd25519(found: name)) { try PublicKey(pem: shown.span) }
    }

    @Test("DER that is cut, goes on, or is spelled in another way is no key")
    func undecodable() throws {
        let der = try PrivateKey.generate().publicKey.der
        var longForm = der
        longForm.replaceSubrange(0..<2, with: [0x30, 0x81, 0x2a])  // a length of one byte, in two
        for bytes in [[], Array(der.dropLast()), der + [0], longForm] {
            #expect(throws: KeyError.undecodable) { try PublicKey(checking: bytes) }
        }
        #expect(try PublicKey(checking: der).der == der)
    }

    @Test("a private block that holds something else is no key")
    func undecodablePrivate() {
        let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".bytes
        #expect(throws: KeyError.undecodable) { try PrivateKey(pem: pem.span) }
    }

    @Test("a private block with bytes after the key is no key")
    func trailing() throws {
        let text = String(decoding: try PrivateKey.generate().pem(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let der = try #require(Base64.decode(String(lines[1])))
        let pem = "\(lines[0])\n\(Base64.encode(der + [0, 0, 0]))\n\(lines[2])\n".bytes
        #expect(throws: KeyError.undecodable) { try PrivateKey(pem: pem.span) }
    }
}
