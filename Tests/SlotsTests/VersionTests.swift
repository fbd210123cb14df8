import Slots
import Testing

@Suite("Versions and times")
struct VersionTests {
    @Test("versions have the order of semver.org, section 11")
    func order() throws {
        let texts = [
            "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
            "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0",
        ]
        let versions = try texts.map { try #require(Version($0)) }
        for (low, high) in zip(versions, versions.dropFirst()) {
            #expect(low < high)
            #expect(!(high < low))
        }
        #expect(versions.map(\.description) == texts)
    }

    @Test(
        "what is not a version is none",
        arguments: [
            "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3",
            "1.2.3 ", "1.2.3-a..b", "1.2.3-ä", "9999999999.0.0", String(repeating: "1", count: 99),
        ]
    )
    func refused(text: String) {
        #expect(Version(text) == nil)
    }

    @Test("build metadata is kept and does not take part in the order")
    func build() throws {
        let version = try #require(Version("1.2.3-rc.1+b.01"))
        #expect(version.description == "1.2.3-rc.1+b.01")
        let plain = try #require(Version("1.2.3-rc.1"))
        #expect(!(version < plain) && !(plain < version))
    }

    @Test("times are read and written to the second, leap days included")
    func times() throws {
        let known = [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-21T01:02:03Z", 1_795_222_923), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ]
        for (text, seconds) in known {
            let time = try #require(Timestamp(text))
            #expect(time.seconds == seconds)
            #expect(time.description == text)
        }
        for text in ["1999-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z"] {
            #expect(Timestamp(text) == nil)
        }
    }

    @Test("hexadecimal and base64 read what they write and nothing else")
    func encodings() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect([UInt8](hex: bytes.hex) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        for text in ["a", "A===", "AB=C", "AA=A", "AB==", "AAB=", "AA\n=", "é==="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }
}
