import Slots
import Testing
import Trust

@Suite("Signatures")
struct SignatureTests {
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        Ed25519Checker().isValid(signature.span, of: message.span, by: key)
    }

    /// RFC 8032, section 7.1: secret key, public key, message, signature.
    static let vectors: [[String]] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                + "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ]

    static let publicPrefix: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]
    static let privatePrefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]

    @Test("RFC 8032's vectors are signed and checked as printed", arguments: vectors)
    func vector(fields: [String]) throws {
        let values = try fields.map { try #require([UInt8](hex: $0)) }
        let base64 = Base64.encode(Self.privatePrefix + values[0])
        let pem = "-----BEGIN PRIVATE KEY-----\n\(base64)\n-----END PRIVATE KEY-----\n".bytes
        let key = try PrivateKey(pem: pem.span)
        #expect(key.publicKey.der == Self.publicPrefix + values[1])
        let message = values[2]
        let signature = try key.sign(message.span)
        #expect(signature == values[3])
        #expect(isValid(values[3], of: values[2], by: key.publicKey))
    }

    @Test("openssl accepts our signature, and we accept openssl's")
    func bothWays() throws {
        let openssl = try Openssl()
        let key = try PrivateKey.generate()
        let message = try RandomBytes.make(5000)
        try openssl.write("key", key.pem())
        try openssl.write("pub", key.publicKey.pem())
        try openssl.write("message", message)
        try openssl.write("ours", key.sign(message.span))
        let verify = "pkeyutl -verify -rawin -pubin -inkey pub -in message -sigfile"
        #expect(try openssl.run("\(verify) ours") == 0)
        try openssl.run("pkeyutl -sign -rawin -inkey key -in message -out theirs")
        let theirs = try openssl.read("theirs")
        #expect(isValid(theirs, of: message, by: key.publicKey))
    }

    @Test("a signature with any one bit changed is refused")
    func everyBit() throws {
        let key = try PrivateKey.generate()
        let message = "keelos".bytes
        let signature = try key.sign(message.span)
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!isValid(changed, of: message, by: key.publicKey))
        }
    }

    @Test("a signature over another message or by another key is refused")
    func otherMessageOrKey() throws {
        let key = try PrivateKey.generate()
        let message = "one".bytes
        let signature = try key.sign(message.span)
        let other = try PrivateKey.generate().publicKey
        #expect(!isValid(signature, of: "two".bytes, by: key.publicKey))
        #expect(!isValid(signature, of: message, by: other))
    }

    @Test("a signature of another length than 64 bytes is refused")
    func length() throws {
        let key = try PrivateKey.generate()
        let message = "keelos".bytes
        let signature = try key.sign(message.span)
        for bytes in [[], Array(signature.dropLast()), signature + [0], signature + signature] {
            #expect(!isValid(bytes, of: message, by: key.publicKey))
        }
    }

    @Test("a signature made anew by adding the group's order to it is refused")
    func malleable() throws {
        let key = try PrivateKey.generate()
        let message = "keelos".bytes
        var signature = try key.sign(message.span)
        let order = try #require(
            [UInt8](hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        )
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 255)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!isValid(signature, of: message, by: key.publicKey))
    }

    @Test("a key of another algorithm checks nothing")
    func otherKey() throws {
        let key = try PrivateKey.generate()
        let message = "one".bytes
        let signature = try key.sign(message.span)
        for der in [[], [UInt8](repeating: 0, count: 44), key.publicKey.der + [0]] {
            let other = PublicKey(der: der, id: key.publicKey.id)
            #expect(!isValid(signature, of: message, by: other))
        }
    }
}
