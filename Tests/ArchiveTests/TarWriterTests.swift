import Archive
import Testing

@Suite("The tar writer")
struct TarWriterTests {
    struct Full: Error, Equatable {}

    final class Sink {
        var bytes: [UInt8] = []
        var room = Int.max

        func put(_ span: Span<UInt8>) throws(Full) {
            guard bytes.count + span.count <= room else { throw Full() }
            for index in span.indices { bytes.append(span[index]) }
        }
    }

    func write(_ members: [(String, [UInt8])], to sink: Sink) throws(ArchiveError<Full>) {
        let writer = try TarWriter<Full> { bytes throws(Full) in try sink.put(bytes) }
        for (name, body) in members {
            try writer.begin(name, size: body.count)
            for start in stride(from: 0, to: body.count, by: 999) {
                let end = min(start + 999, body.count)
                try writer.write(body.span.extracting(start..<end))
            }
        }
        try writer.finish()
    }

    let members: [(String, [UInt8])] = [
        ("manifest.json", Array("{}\n".utf8)), ("empty", []),
        ("whole", [UInt8](repeating: 3, count: 512)),
        ("root.squashfs", (0..<20_480).map { UInt8(truncatingIfNeeded: $0 &* 13) }),
    ]

    @Test("tar lists the members with mode 0444, no owner and time 0, and unpacks them")
    func tarReads() throws {
        let sink = Sink()
        try write(members, to: sink)
        let tar = try Tar()
        try tar.write("ours.tar", sink.bytes)
        #expect(
            try tar.run("tar --numeric-owner -tvf ours.tar | tr -s ' '") == """
                -r--r--r-- 0/0 3 1970-01-01 00:00 manifest.json
                -r--r--r-- 0/0 0 1970-01-01 00:00 empty
                -r--r--r-- 0/0 512 1970-01-01 00:00 whole
                -r--r--r-- 0/0 20480 1970-01-01 00:00 root.squashfs

                """
        )
        try tar.run("mkdir out; tar -C out -xf ours.tar")
        for (name, body) in members { #expect(try tar.read("out/\(name)") == body) }
    }

    @Test("the size is the sum of headers and padded members, and two blocks of zeros")
    func size() throws {
        let sink = Sink()
        try write(members, to: sink)
        let sum = members.reduce(0) { $0 + 512 + ($1.1.count + 511) / 512 * 512 }
        #expect(sink.bytes.count == sum + 1024)
        #expect(sink.bytes.suffix(1024).allSatisfy { $0 == 0 })
        #expect(try Contents(Supply(sink.bytes)).size == sink.bytes.count)
    }

    @Test("two runs over the same members give the same bytes")
    func reproducible() throws {
        let first = Sink()
        let second = Sink()
        try write(members, to: first)
        try write(members, to: second)
        #expect(first.bytes == second.bytes)
    }

    @Test("a header holds no user, no group and no other time than 0")
    func header() throws {
        let sink = Sink()
        try write([("a", [])], to: sink)
        let header = sink.bytes[..<512]
        #expect(Array(header[108..<116]) == Array("000000 \0".utf8), "uid")
        #expect(Array(header[116..<124]) == Array("000000 \0".utf8), "gid")
        #expect(Array(header[136..<148]) == Array("00000000000 ".utf8), "mtime")
        #expect(Array(header[257..<265]) == Array("ustar\u{0}00".utf8), "magic and version")
        #expect(header[265..<329].allSatisfy { $0 == 0 }, "user and group name")
    }

    @Test("the sink's own error comes back, wherever it runs full", arguments: [0, 512, 700, 2000])
    func outside(room: Int) {
        let sink = Sink()
        sink.room = room
        #expect(throws: ArchiveError<Full>.outside(Full())) { try write(members, to: sink) }
    }

    @Test("a name or a size that ustar cannot hold is refused")
    func unwritable() throws {
        let writer = try TarWriter<Full> { _ throws(Full) in }
        for (name, size) in [(String(repeating: "n", count: 300), 1), ("big", 1 << 33)] {
            let error = #expect(throws: ArchiveError<Full>.self) {
                try writer.begin(name, size: size)
            }
            guard case .fault(.unwritable(let found, _)) = error else {
                Issue.record("another error: \(String(describing: error))")
                continue
            }
            #expect(found == name)
        }
    }

    @Test("a writer dropped half way gives its sink no end mark")
    func dropped() throws {
        let sink = Sink()
        do {
            let writer = try TarWriter<Full> { bytes throws(Full) in try sink.put(bytes) }
            try writer.begin("a", size: 1)
        }
        #expect(sink.bytes.count <= 512)
    }

    @Test("a gzip archive holds the bytes of the plain one, and is the same each time")
    func gzip() throws {
        func packed(_ compression: Compression) throws -> [UInt8] {
            let sink = Sink()
            let writer = try TarWriter<Full>(compression: compression) { bytes throws(Full) in
                try sink.put(bytes)
            }
            for (name, body) in members {
                try writer.begin(name, size: body.count)
                try writer.write(body.span)
            }
            try writer.finish()
            return sink.bytes
        }
        let first = try packed(.gzip)
        #expect(first == (try packed(.gzip)))
        #expect(first.starts(with: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]))
        let tar = try Tar()
        try tar.write("packed.tar.gz", first)
        try tar.run("gunzip packed.tar.gz")
        #expect(try tar.read("packed.tar") == (try packed(.none)))
    }
}
