import Archive
import Testing

@Suite("The tar reader")
struct TarReaderTests {
    @Test(
        "what tar writes in any of its formats comes out member by member",
        arguments: ["ustar", "pax", "gnu", "oldgnu", "v7"],
        [512, 1000, 4096, 1 << 20]
    )
    func formats(format: String, block: Int) throws {
        let tar = try Tar()
        let bodies: [[UInt8]] = [
            Array("hello".utf8), [], (0..<70_001).map { UInt8(truncatingIfNeeded: $0 &* 7) },
        ]
        for (name, body) in zip(["one", "two", "three"], bodies) { try tar.write(name, body) }
        try tar.run("tar -b 1 --format=\(format) -cf all.tar one two three")
        let bytes = try tar.read("all.tar")
        let contents = try Contents(Supply(bytes, block: block))
        #expect(contents.members.map(\.name) == ["one", "two", "three"])
        #expect(contents.members.allSatisfy { $0.kind == .file })
        #expect(contents.members.map(\.size) == bodies.map(\.count))
        #expect(contents.bodies == bodies)
        #expect(contents.size == bytes.count)
        for (member, body) in zip(contents.members, bodies) {
            let end = member.contentOffset + body.count
            #expect(Array(bytes[member.contentOffset..<end]) == body, "the content offset is true")
        }
        #expect(contents.members[0].headerOffset == 0)
        #expect(contents.members[1].headerOffset == contents.members[0].end)
    }

    @Test("a member not read is passed over")
    func skipped() throws {
        let bytes = file("a", [UInt8](repeating: 1, count: 5000)) + file("b", [2]) + endMark
        let reader = TarReader(Supply(bytes, block: 700), limits: .small)
        #expect(try reader.nextMember()?.name == "a")
        #expect(try reader.nextMember()?.name == "b")
        #expect(try reader.nextMember() == nil)
        #expect(try reader.nextMember() == nil, "the end stays the end")
        #expect(try reader.finish() == bytes.count)
    }

    @Test("every kind of member is told apart")
    func kinds() throws {
        let kinds: [(Character, TarMember.Kind)] = [
            ("0", .file), ("1", .hardlink), ("2", .symlink), ("3", .device), ("4", .device),
            ("5", .directory), ("6", .pipe),
        ]
        for (type, kind) in kinds {
            var block = TarBlock(name: "member", size: 0, type: type)
            if type == "1" || type == "2" { block.put("target", at: 157) }
            block.seal()
            #expect(try Contents(Supply(block.bytes + endMark)).members.first?.kind == kind)
        }
    }

    @Test("reading past the end of a member, or before the first, gives nothing")
    func nothing() throws {
        let reader = TarReader(Supply(file("a", [1, 2, 3]) + endMark), limits: .small)
        var piece = [UInt8](repeating: 9, count: 8)
        var room = piece.mutableSpan
        #expect(try reader.read(into: &room) == 0)
        _ = try reader.nextMember()
        #expect(try reader.read(into: &room) == 3)
        #expect(try reader.read(into: &room) == 0)
        #expect(piece == [1, 2, 3, 9, 9, 9, 9, 9])
    }

    @Test("the supply's own error comes back, at the first byte and inside a member")
    func outside() {
        let bytes = file("a", [UInt8](repeating: 1, count: 9000)) + endMark
        for offset in [0, 512, 4096, 8192] {
            #expect(throws: ArchiveError<Supply.Broken>.outside(Supply.Broken())) {
                try Contents(Supply(bytes, block: 512, failsAt: offset))
            }
        }
    }

    @Test("an error is the same at every later call")
    func sticky() throws {
        let reader = TarReader(Supply(Array("not a tar".utf8)), limits: .small)
        let first = #expect(throws: ArchiveError<Supply.Broken>.self) { try reader.nextMember() }
        let again = #expect(throws: ArchiveError<Supply.Broken>.self) { try reader.nextMember() }
        #expect(first == again)
        var piece = [UInt8](repeating: 0, count: 8)
        let last = #expect(throws: ArchiveError<Supply.Broken>.self) {
            var room = piece.mutableSpan
            _ = try reader.read(into: &room)
        }
        #expect(first == last)
    }
}
