import Slots
import Testing
import Trust

@Suite("Tokens and web signatures")
struct TokenTests {
    @Test("a bootstrap token is six and sixteen small letters or digits")
    func good() throws {
        let token = try #require(BootstrapToken("abcdef.0123456789abcdef"))
        #expect(token.id == "abcdef" && token.secret == "0123456789abcdef")
        #expect(token.text == "abcdef.0123456789abcdef")
    }

    @Test(
        "anything else is no bootstrap token",
        arguments: [
            "", ".", "abcdef", "abcdef.", ".0123456789abcdef", "abcdef.0123456789abcde",
            "abcdef.0123456789abcdef0", "abcde.0123456789abcdef", "ABCDEF.0123456789abcdef",
            "abcdef.0123456789ABCDEF", " abcdef.0123456789abcdef", "abcdef.0123456789abcdef\n",
            "abcdef.0123456789abcdef.x", "abcd\u{E9}.0123456789abcdef", "abcdef-0123456789abcdef",
        ]
    )
    func bad(text: String) {
        #expect(BootstrapToken(text) == nil)
    }

    @Test("a token that is printed shows its id and not its secret")
    func silent() throws {
        let token = try #require(BootstrapToken("abcdef.0123456789abcdef"))
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), dumped] {
            #expect(!text.contains("0123456789"))
        }
    }

    /// Header `{"alg":"HS256","kid":"abcdef"}`, as `kubeadm` writes it.
    private static let header = Base64URL.encode("{\"alg\":\"HS256\",\"kid\":\"abcdef\"}".bytes)
    private static let payload = "apiVersion: v1\nkind: Config\n".bytes
    private static let key = "0123456789abcdef"

    /// The code as the `openssl` program computes it.
    private func code(_ header: String, _ payload: [UInt8], key: String) throws -> String {
        let openssl = try Openssl()
        try openssl.write("text", "\(header).\(Base64URL.encode(payload))".bytes)
        try openssl.run("dgst -sha256 -hmac \(key) -binary -out code text")
        return Base64URL.encode(try openssl.read("code"))
    }

    private func isValid(_ signature: String, _ payload: [UInt8] = payload) -> Bool {
        WebSignature.isValidHS256(
            signature,
            of: payload,
            key: Self.key.bytes,
            keyID: "abcdef"
        )
    }

    @Test("a detached and a whole signature that openssl computes are believed")
    func signed() throws {
        let code = try code(Self.header, Self.payload, key: Self.key)
        #expect(isValid("\(Self.header)..\(code)"))
        #expect(isValid("\(Self.header).\(Base64URL.encode(Self.payload)).\(code)"))
        let typed = Base64URL.encode(
            "{\"typ\":\"JWT\", \"kid\":\"abcdef\", \"alg\":\"HS256\"}".bytes
        )
        let other = try self.code(typed, Self.payload, key: Self.key)
        #expect(isValid("\(typed)..\(other)"))
    }

    @Test("a signature with any character changed is not believed")
    func changed() throws {
        let code = try code(Self.header, Self.payload, key: Self.key)
        let signature = "\(Self.header)..\(code)".bytes
        for index in signature.indices {
            for replacement in ["A", "b", "-", ".", "="].map({ $0.bytes[0] }) {
                guard signature[index] != replacement else { continue }
                var other = signature
                other[index] = replacement
                #expect(!isValid(String(decoding: other, as: UTF8.self)), "character \(index)")
            }
        }
        #expect(!isValid("\(Self.header)..\(code)", Self.payload + [10]))
        #expect(!isValid("\(Self.header)..\(code)", []))
        #expect(!isValid("\(Self.header).eA.\(code)"))
    }

    @Test(
        "another algorithm, another key's name, or a header that asks for more is refused",
        arguments: [
            "{\"alg\":\"none\",\"kid\":\"abcdef\"}", "{\"alg\":\"HS384\",\"kid\":\"abcdef\"}",
            "{\"alg\":\"hs256\",\"kid\":\"abcdef\"}", "{\"alg\":\"HS256\"}", "{\"kid\":\"abcdef\"}",
            "{\"alg\":\"HS256\",\"kid\":\"abcdeg\"}", "{}", "", "[]",
            "{\"alg\":\"HS256\",\"kid\":\"abcdef\",\"crit\":[\"b64\"]}",
            "{\"alg\":\"HS256\",\"kid\":\"abcdef\",\"b64\":\"no\"}",
            "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"kid\":\"abcdef\"}",
        ]
    )
    func header(text: String) throws {
        let header = Base64URL.encode(text.bytes)
        let code = try code(header, Self.payload, key: Self.key)
        #expect(!isValid("\(header)..\(code)"))
    }

    @Test(
        "what is no signature at all is refused",
        arguments: ["", ".", "..", "...", "a.b.c", "a..b", "....", "\u{0}..\u{0}"]
    )
    func noSignature(text: String) {
        #expect(!isValid(text))
        #expect(!isValid(String(repeating: "A", count: 100_000) + "..A"))
    }

    @Test("base64url has no padding, no other alphabet and no stray bits")
    func base64() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 251) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        for text in ["A", "AA==", "AB", "A+BC", "A/BC", "A BC", "AAAA\n"] {
            #expect(Base64URL.decode(text) == nil, "\(text)")
        }
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    }

    @Test("secrets of any length compare as they are")
    func comparison() {
        #expect(MessageCode.isEqual([], []))
        #expect(MessageCode.isEqual("secret".bytes, "secret".bytes))
        #expect(!MessageCode.isEqual("secret".bytes, "secres".bytes))
        #expect(!MessageCode.isEqual("secret".bytes, "secret ".bytes))
        #expect(!MessageCode.isEqual([], [0]))
    }
}
