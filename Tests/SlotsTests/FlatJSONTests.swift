import Simulator
import Slots
import Testing

@Suite("Flat JSON")
struct FlatJSONTests {
    private func parse(_ text: String) -> Result<FlatJSON, FlatJSON.Fault> {
        Result { () throws(FlatJSON.Fault) in try FlatJSON(parsing: Array(text.utf8)) }
    }

    @Test("strings, numbers and lists of strings are read, white space anywhere between")
    func values() throws {
        let json = try parse(
            " {\"a\" : \"x\\n\\u00e9\\ud83d\\ude00\" ,\t\"b\":0,\"c\":[ \"p\",\"q\" ]}\n"
        )
        .get()
        #expect(json.members["a"] == .text("x\né😀"))
        #expect(json.members["b"] == .number(0))
        #expect(json.members["c"] == .list(["p", "q"]))
        #expect(try parse("{}").get().members.isEmpty)
    }

    @Test(
        "what is not one flat object is refused, with the place",
        arguments: [
            ("", FlatJSON.Fault.malformed(offset: 0)), ("[]", .malformed(offset: 0)),
            ("{\"a\":1", .malformed(offset: 6)), ("{\"a\":1}x", .malformed(offset: 7)),
            ("{\"a\":1,}", .malformed(offset: 7)), ("{a:1}", .malformed(offset: 1)),
            ("{\"a\":{}}", .nested(offset: 5)), ("{\"a\":[[]]}", .nested(offset: 6)),
            ("{\"a\":1,\"a\":2}", .duplicate(key: "a")),
            ("{\"a\":1,\"\\u0061\":2}", .duplicate(key: "a")),
            ("{\"a\":01}", .numberOutOfRange(offset: 5)),
            ("{\"a\":1.5}", .numberOutOfRange(offset: 5)),
            ("{\"a\":1e3}", .numberOutOfRange(offset: 5)),
            ("{\"a\":9007199254740993}", .numberOutOfRange(offset: 5)),
            ("{\"a\":99999999999999999999999}", .numberOutOfRange(offset: 5)),
            ("{\"a\":-1}", .malformed(offset: 5)), ("{\"a\":true}", .malformed(offset: 5)),
            ("{\"a\":null}", .malformed(offset: 5)), ("{\"a\":\"\n\"}", .malformed(offset: 6)),
            ("{\"a\":\"\\x\"}", .malformed(offset: 7)),
            ("{\"a\":\"\\ud800\"}", .malformed(offset: 12)),
            ("{\"a\":\"", .malformed(offset: 5)), ("{\"a\":[1]}", .malformed(offset: 6)),
        ]
    )
    func refusals(text: String, fault: FlatJSON.Fault) {
        #expect(parse(text) == .failure(fault), "\(text)")
    }

    @Test("invalid UTF-8 is refused")
    func invalidUTF8() {
        let bytes = Array("{\"a\":\"".utf8) + [0xff, 0xc0] + Array("\"}".utf8)
        #expect(throws: FlatJSON.Fault.malformed(offset: 5)) { try FlatJSON(parsing: bytes) }
    }

    @Test("more members or items than any manifest has are refused")
    func tooMany() {
        let members = (0...128).map { "\"k\($0)\":1" }.joined(separator: ",")
        let items = (0...64).map { "\"\($0)\"" }.joined(separator: ",")
        for text in ["{\(members)}", "{\"a\":[\(items)]}"] {
            guard case .failure(.tooMany) = parse(text) else {
                Issue.record("\(text.prefix(20)) was not refused")
                continue
            }
        }
    }

    @Test("fuzz: whatever the bytes, an answer comes, and what is read is written back the same")
    func fuzz() throws {
        var generator = SeededGenerator(seed: Settings.firstSeed)
        print("fuzz: flat JSON, seed \(Settings.firstSeed)")
        let alphabet = Array("{}[]\",:\\u0a1 \n\t-.e\u{e9}".utf8)
        let manifest = try PowerLossTests.releases.get()[1].statement.manifest
        for round in 0..<20_000 {
            var bytes = manifest
            if round.isMultiple(of: 2) {
                let count = Int.random(in: 0..<60, using: &generator)
                bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            } else {
                for _ in 0..<Int.random(in: 1..<4, using: &generator) {
                    let place = Int.random(in: bytes.indices, using: &generator)
                    bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
                }
            }
            guard let json = try? FlatJSON(parsing: bytes) else { continue }
            #expect(try FlatJSON(parsing: Self.rewritten(json)) == json)
        }
    }

    private static func rewritten(_ json: FlatJSON) -> [UInt8] {
        var writer = FlatJSONWriter()
        for (key, value) in json.members {
            switch value {
            case .text(let text): writer.add(key, text)
            case .number(let number): writer.add(key, number)
            case .list(let list): writer.add(key, list)
            }
        }
        return writer.lines(separator: ",", open: "{", close: "}")
    }
}
