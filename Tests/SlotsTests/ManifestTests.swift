import Simulator
import Slots
import Testing

@Suite("Manifest")
struct ManifestTests {
    private func manifest() throws -> Manifest {
        try PowerLossTests.releases.get()[1].manifest
    }

    /// The encoded manifest with one line exchanged; `nil` takes the line out.
    private func changed(_ key: String, to value: String?) throws -> [UInt8] {
        let text = String(decoding: try manifest().encoded(), as: UTF8.self)
        var lines = text.split(separator: "\n").map(String.init)
        let index = try #require(lines.firstIndex { $0.hasPrefix("\"\(key)\":") })
        lines.remove(at: index)
        if let value { lines.insert("\"\(key)\": \(value),", at: 1) }
        lines[lines.count - 2] = String(lines[lines.count - 2].trimmingSuffix { $0 == "," })
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    @Test("what is encoded is read back the same, with and without the optional fields")
    func roundTrip() throws {
        var manifest = try manifest()
        #expect(try Manifest(parsing: manifest.encoded()) == manifest)
        manifest.expires = Timestamp("2030-02-28T23:59:59Z")
        manifest.minimumVersion = Version("0.9.0-rc.1")
        manifest.loaderDigest = manifest.root.sha256
        manifest.sbom = manifest.root.verity
        manifest.kernel = "6.1.0-56"
        manifest.kubelet = "1.20.2"
        manifest.notes = "https://host/notes \"quoted\""
        #expect(try Manifest(parsing: manifest.encoded()) == manifest)
    }

    @Test("a field we do not know is passed over, a feature we do not know is not")
    func unknown() throws {
        let extra = Array("{\"future\": [\"x\"],".utf8) + (try manifest().encoded().dropFirst())
        #expect(try Manifest(parsing: extra) == manifest())
        #expect(throws: ManifestError.unknownFeature("delta")) {
            try Manifest(parsing: changed("requires", to: "[\"delta\"]"))
        }
        #expect(throws: ManifestError.unsupportedFormat(found: 2, known: 1)) {
            try Manifest(parsing: changed("format", to: "2"))
        }
    }

    @Test("every field that must be there is missed by its name")
    func missing() throws {
        let optional = ["expires", "minimumVersion"]
        let text = String(decoding: try manifest().encoded(), as: UTF8.self)
        let keys = text.split(separator: "\n").compactMap { line -> String? in
            line.hasPrefix("\"") ? String(line.dropFirst().prefix { $0 != "\"" }) : nil
        }
        #expect(keys.count >= 22)
        for key in keys where !optional.contains(key) {
            #expect(throws: ManifestError.missing(field: key)) {
                try Manifest(parsing: changed(key, to: nil))
            }
        }
    }

    @Test(
        "every field out of its range is refused by its name",
        arguments: [
            ("name", "\"\""), ("name", "\"keel os\""), ("version", "\"1.2\""),
            ("version", "\"01.2.3\""), ("board", "7"), ("epoch", "4294967296"),
            ("created", "\"2026-02-30T00:00:00Z\""), ("created", "\"2026-11-21 00:00:00\""),
            ("root.size", "4096"), ("root.size", "57345"), ("root.size", "1099511631872"),
            ("root.sha256", "\"abc\""), ("root.salt", "\"zz\""), ("chunks.count", "0"),
            ("chunks.count", "4194305"), ("chunks.maximum", "1048577"),
            ("chunks.minimum", "6000"), ("keys", "[]"), ("keys", "[\"AAAA\"]"),
            ("threshold", "0"), ("threshold", "2"), ("loader.contract", "0"),
            ("state.writes", "2"), ("state.readsMinimum", "3"),
        ]
    )
    func invalid(field: String, value: String) throws {
        do {
            _ = try Manifest(parsing: changed(field, to: value))
            Issue.record("\(field) = \(value) was read")
        } catch ManifestError.invalid(let refused) {
            let group = field.prefix { $0 != "." }
            #expect(refused.hasPrefix(group) || refused == field, "\(field) as \(refused)")
        }
    }

    @Test("a manifest larger than the limit is refused unread")
    func tooLarge() {
        let bytes = [UInt8](repeating: 0x20, count: 64 * 1024 + 1)
        #expect(throws: ManifestError.tooLarge(size: 65537, limit: 65536)) {
            try Manifest(parsing: bytes)
        }
    }

    @Test("fuzz: a manifest with any bytes changed is read or refused, never worse")
    func fuzz() throws {
        var generator = SeededGenerator(seed: Settings.firstSeed)
        print("fuzz: manifest, seed \(Settings.firstSeed)")
        let good = try manifest().encoded()
        for _ in 0..<20_000 {
            var bytes = good
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            case 1:
                let place = Int.random(in: bytes.indices, using: &generator)
                bytes.insert(contentsOf: generator.bytes(3), at: place)
            default:
                let place = Int.random(in: bytes.indices, using: &generator)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            if let read = try? Manifest(parsing: bytes) {
                #expect(try Manifest(parsing: read.encoded()) == read)
            }
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while isSpare: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, isSpare(last) { rest.removeLast() }
        return rest
    }
}
