import Slots
import Testing
import Trust

@testable import ImageTool

@Suite("sign")
struct SignTests {
    @Test("a second key's signature is added, and makes a threshold of two")
    func second() throws {
        let bench = try Workbench()
        let other = try PrivateKey.generate()
        try bench.trust([bench.key, other], threshold: 2)
        let policy = try bench.policy()
        try bench.pack { $0.trust = policy }
        #expect(throws: ToolError.self) { try bench.verify() }
        let report = try Signing(bench.path("out.keel")).add([other])
        #expect(report.signers == [bench.key.publicKey.id, other.publicKey.id])
        #expect(try bench.verify().digest == report.release)
    }

    @Test("the same key's signature is replaced: the bytes do not change")
    func again() throws {
        let bench = try Workbench()
        try bench.pack()
        let before = try bench.read("out.keel")
        let report = try Signing(bench.path("out.keel")).add([bench.key])
        #expect(report.signers == [bench.key.publicKey.id])
        #expect(try bench.read("out.keel") == before)
    }

    @Test("signatures that need a longer member move the rest, and the bundle stays whole")
    func longer() throws {
        let bench = try Workbench()
        try bench.pack()
        let before = try bench.read("out.keel").count
        var keys: [PrivateKey] = []
        for _ in 0..<5 { keys.append(try PrivateKey.generate()) }
        let report = try Signing(bench.path("out.keel")).add(keys)
        #expect(report.signers.count == 6)
        #expect(try bench.read("out.keel").count == before + 512)
        #expect(try bench.verify().manifest.version == Version("1.2.0"))
        #expect(try bench.names() == ["out.keel", "root", "trust"])
    }

    @Test("a signature made by openssl is attached, raw or in base64", arguments: [false, true])
    func attached(base64: Bool) throws {
        let bench = try Workbench()
        let other = try PrivateKey.generate()
        try bench.trust([bench.key, other], threshold: 2)
        let policy = try bench.policy()
        try bench.pack { $0.trust = policy }
        try bench.write("other.key", other.pem())
        try bench.run("tar", "-xf", "out.keel", "manifest.json")
        try bench.run(
            "openssl",
            "pkeyutl",
            "-sign",
            "-rawin",
            "-inkey",
            "other.key",
            "-in",
            "manifest.json",
            "-out",
            "sig"
        )
        if base64 {
            let text = Base64.encode(try bench.read("sig")) + "\n"
            try bench.write("sig", Array(text.utf8))
        }
        let bytes = try Sign.readSignature(bench.path("sig"))
        let signing = Signing(bench.path("out.keel"))
        _ = try signing.attach(bytes, keyID: other.publicKey.id, publicKey: nil)
        #expect(try bench.verify().manifest.threshold == 2)
    }

    @Test("a key that the image does not trust may sign when its public half is given")
    func strange() throws {
        let bench = try Workbench()
        let other = try PrivateKey.generate()
        try bench.pack()
        let message = try BundleFile(bench.path("out.keel")).statement.manifest
        let bytes = try other.sign(message.span)
        let signing = Signing(bench.path("out.keel"))
        let id = other.publicKey.id
        #expect(throws: ToolError.unknownKey(id, known: [bench.key.publicKey.id])) {
            try signing.attach(bytes, keyID: id, publicKey: nil)
        }
        let report = try signing.attach(bytes, keyID: nil, publicKey: other.publicKey)
        #expect(report.signers.contains(id))
    }

    @Test("a signature that is not the key's is not attached, and the bundle is as it was")
    func wrong() throws {
        let bench = try Workbench()
        try bench.pack()
        let before = try bench.read("out.keel")
        let bytes = try bench.key.sign([UInt8]("another".utf8).span)
        let path = bench.path("out.keel")
        let id = bench.key.publicKey.id
        #expect(throws: ToolError.badSignature(path, keyID: id)) {
            try Signing(path).attach(bytes, keyID: id, publicKey: nil)
        }
        #expect(try bench.read("out.keel") == before)
    }

    @Test("a file that is neither 64 bytes nor base64 of them is no signature")
    func notASignature() throws {
        let bench = try Workbench()
        for bytes in [[], [UInt8](repeating: 65, count: 63), [UInt8](repeating: 65, count: 88)] {
            try bench.write("sig", bytes)
            #expect(throws: ToolError.notASignature(bench.path("sig"), size: bytes.count)) {
                try Sign.readSignature(bench.path("sig"))
            }
        }
    }

    @Test("a bundle whose content is not as signed is not signed again")
    func damaged() throws {
        let bench = try Workbench()
        try bench.pack()
        var bytes = try bench.read("out.keel")
        bytes[bytes.count - 1024 - 5000] ^= 1
        try bench.write("out.keel", bytes)
        #expect(throws: ToolError.self) {
            try Signing(bench.path("out.keel")).add([PrivateKey.generate()])
        }
        #expect(try bench.read("out.keel") == bytes)
        #expect(try bench.names() == ["out.keel", "root", "trust"])
    }

    @Test("the signature after the last allowed one is refused")
    func tooMany() throws {
        let bench = try Workbench()
        try bench.pack()
        var keys: [PrivateKey] = []
        for _ in 0..<Signatures.countLimit { keys.append(try PrivateKey.generate()) }
        #expect(throws: ToolError.tooManySignatures(limit: Signatures.countLimit)) {
            try Signing(bench.path("out.keel")).add(keys)
        }
    }

    @Test("options that do not belong together are wrong usage")
    func usage() {
        for options in [
            [], ["--key", "k", "--signature", "s", "--key-id", "i"], ["--signature", "s"],
            ["--key", "k", "--key-id", "i"],
        ] {
            #expect(throws: (any Error).self) { try Sign.parse(["b.keel"] + options) }
        }
    }
}
