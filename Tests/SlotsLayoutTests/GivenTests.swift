import Slots
import SlotsDisk
import SlotsLayout
import Support
import Testing

@Suite("What a node is given") struct GivenTests {
    private static let files = GivenFiles([
        "machine-id": "0123456789abcdef0123456789abcdef\n",
        "join-secret": "open \"sesame\"\n", "config/current.json": "{\n\"generation\": 1\n}\n",
    ])

    private func partition(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: GivenFiles.size - bytes.count)
    }

    @Test("it is found again as it was given, and zeros are nothing")
    func found() throws {
        let bytes = try #require(Self.files.encoded())
        #expect(bytes.count.isMultiple(of: 4096))
        #expect(GivenFiles.find(in: partition(bytes)) == .files(Self.files))
        let none = try #require(GivenFiles([:]).encoded())
        #expect(GivenFiles.find(in: partition(none)) == .files(GivenFiles([:])))
        #expect(GivenFiles.find(in: partition([])) == .nothing)
        #expect(Self.files.hasSecrets && !GivenFiles(["machine-id": "x"]).hasSecrets)
    }

    @Test("no byte of it can change or be missing without being noticed")
    func damaged() throws {
        let bytes = try #require(Self.files.encoded())
        let head = bytes.firstIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let end = (4096..<bytes.count).last { bytes[$0] != 0 } ?? 0
        for place in Array(0..<head) + Array(4096...end) {
            var other = bytes
            other[place] ^= 0x04
            #expect(GivenFiles.find(in: partition(other)) == .damaged, "byte \(place)")
        }
        #expect(GivenFiles.find(in: Array(bytes[..<4096])) == .damaged)
        #expect(GivenFiles.find(in: Array(bytes[..<100])) == .damaged)
    }

    @Test("a file that no node is given makes all of it unreadable")
    func strange() throws {
        let bytes = try #require(GivenFiles(["machine-id": "x"]).encoded())
        let content = Array("{\n\"kubernetes\": \"x\"\n}\n".utf8)
        var other = Array("KEELOS GIVEN 1 \(content.count) \(content.crc32)\n".utf8)
        other += [UInt8](repeating: 0, count: 4096 - other.count) + content
        #expect(bytes.starts(with: "KEELOS GIVEN 1 ".utf8))
        #expect(GivenFiles.find(in: partition(other)) == .damaged)
    }

    @Test("more than the partition holds cannot be encoded")
    func tooMuch() {
        let text = String(repeating: "x", count: GivenFiles.size - 4096)
        #expect(GivenFiles(["config/current.json": text]).encoded() == nil)
    }

    @Test("a table with a place for it is found again, and the data partition comes behind it")
    func table() throws {
        let folder = try TemporaryFolder()
        let bench = try Bench(.image512, in: folder)
        let made = try Layout.create(
            on: bench.disk,
            slotSize: Place.slotSize,
            identities: .test,
            given: .test("e")
        )
        let given = try #require(made.given)
        #expect(given.number == 4 && given.name == "KEELOS_GIVEN")
        #expect(given.range.lowerBound == made.slots.b.range.upperBound)
        #expect(given.range.count == GivenFiles.size)
        #expect(try Layout.find(on: bench.disk, acceptingBackup: false) == made)
    }
}
