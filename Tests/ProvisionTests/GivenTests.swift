import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing

@testable import Provision

@Suite("What a node is given with its disk", .serialized)
struct GivenTests {
    static let files = GivenFiles([
        "machine-id": "0123456789abcdef0123456789abcdef\n", "join-secret": "sesame\n",
        "identity/agent.key": "a key\n", "config/current.json": "{}\n",
    ])

    /// All of them are in the data partition, for root alone, and nowhere else.
    private func expectGiven(_ bench: Bench, _ what: String) throws {
        let layout = try bench.layout()
        let given = try #require(layout.given)
        #expect(try bench.bytes(given.range).allSatisfy { $0 == 0 }, "\(what)")
        let place = try DataPlace(bench.data(), of: Disk(opening: bench.path, for: .reading))
        for (name, text) in Self.files.files {
            let copy = bench.folder("copy")
            try run("debugfs", "-R", "dump -p /\(name) \(copy)", place.name)
            #expect(try File.read(copy, limit: 4096) == Array(text.utf8), "\(what): \(name)")
            #expect(try File.permissions(of: copy) == 0o600, "\(what): \(name)")
            try File.remove(copy)
        }
        let left = try Directory.names(at: bench.folder.path).filter { $0.hasPrefix("given") }
        #expect(left.isEmpty, "\(what)")
    }

    @Test("the first boot puts it into the data partition and erases it", arguments: Place.allCases)
    func taken(place: Place) throws {
        let bench = try Bench(place, given: Self.files)
        let answer = bench.provision()
        #expect(answer.state == .made, "\(answer)")
        try bench.expectWhole("\(place)")
        try expectGiven(bench, "\(place)")
        #expect(bench.provision().state == .ready)
    }

    @Test("with a place for it and nothing in it, the data partition is empty")
    func nothing() throws {
        let bench = try Bench(.image512, given: GivenFiles([:]))
        let range = try #require(try bench.layout().given).range
        try bench.put([UInt8](repeating: 0, count: 8192), at: range.lowerBound)
        #expect(bench.provision().state == .made)
        try bench.expectWhole("nothing given")
    }

    @Test("when it cannot be read any more no data partition is made, and nobody forgets it")
    func damaged() throws {
        let bench = try Bench(.image512, given: Self.files)
        let range = try #require(try bench.layout().given).range
        try bench.put([0xFF], at: range.lowerBound + 4100)
        let before = try bench.bytes(range)
        for _ in 0..<2 {
            let answer = bench.provision()
            #expect(answer.state == .absent, "\(answer)")
            #expect(answer.sentence.contains("KEELOS_GIVEN is damaged"), "\(answer)")
        }
        #expect(try bench.layout().data?.name == Layout.newDataName)
        #expect(try bench.bytes(range) == before)
    }

    @Test(
        "killed at any write of its own the next run gives the node all of it",
        arguments: ["write", "pwrite64", "fsync", "rename"]
    )
    func killed(call: String) throws {
        try Bench.killEach(call, given: Self.files) { bench, what in
            let answer = bench.provision()
            #expect(answer.state.isUsable, "\(what): \(answer)")
            try bench.expectWhole(what)
            try expectGiven(bench, what)
        }
    }
}
