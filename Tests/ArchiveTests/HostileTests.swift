import Archive
import Foundation
import Testing

@Suite("Hostile archives")
struct HostileTests {
    func fault(_ bytes: [UInt8], limits: TarLimits = .small) -> ArchiveFault? {
        do {
            _ = try Contents(Supply(bytes), limits: limits)
            return nil
        } catch {
            guard case .fault(let fault) = error else { return nil }
            return fault
        }
    }

    func isNotAnArchive(_ bytes: [UInt8]) -> Bool {
        guard case .notAnArchive = fault(bytes) else { return false }
        return true
    }

    func isMalformed(_ bytes: [UInt8]) -> Bool {
        guard case .malformed = fault(bytes) else { return false }
        return true
    }

    let good = file("a", [1, 2, 3])

    @Test("what is no tar archive is refused as such: nothing, text, half a header")
    func notAnArchive() {
        #expect(isNotAnArchive([]))
        #expect(isNotAnArchive(Array("hello, world\n".utf8)))
        #expect(isNotAnArchive([UInt8](repeating: 7, count: 4096)))
        #expect(isNotAnArchive(Array(good[..<300])))
    }

    @Test("a compressed archive is not unpacked", arguments: ["gzip", "xz", "bzip2"])
    func compressed(program: String) throws {
        let tar = try Tar()
        try tar.write("a.tar", good + endMark)
        try tar.run("\(program) -c < a.tar > packed")
        #expect(isNotAnArchive(try tar.read("packed")))
    }

    @Test("an archive that holds nothing is read as empty")
    func empty() throws {
        #expect(try Contents(Supply(endMark)).members.isEmpty)
    }

    @Test("a second header with a wrong checksum is malformed")
    func checksum() {
        var second = TarBlock(name: "b", size: 0)
        second.put("x", at: 0)
        #expect(isMalformed(good + second.bytes + endMark))
    }

    @Test("an archive cut anywhere inside a member is truncated")
    func truncated() {
        let bytes = file("a", [UInt8](repeating: 1, count: 5000))
        for count in [513, 1024, 3000, 5511] {
            #expect(fault(Array(bytes[..<count])) == .truncated(offset: count))
        }
    }

    @Test("an archive cut at the end of a member, or after one block of zeros, has no end mark")
    func noEndMark() {
        #expect(fault(good) == .noEndMark(offset: 1024))
        #expect(fault(good + endMark[..<512]) == .noEndMark(offset: 1024))
        #expect(fault(good + endMark[..<512] + good) == .noEndMark(offset: 1024))
    }

    @Test("a byte after the end mark is found, however it comes")
    func trailing() {
        #expect(fault(good + endMark + [0]) == .trailing(offset: 2048))
        #expect(fault(good + endMark + endMark) == .trailing(offset: 2048))
        #expect(fault(good + endMark + good + endMark) == .trailing(offset: 2048))
        for block in [1, 512, 2048] {
            #expect(throws: ArchiveError<Supply.Broken>.fault(.trailing(offset: 2048))) {
                try Contents(Supply(good + endMark + [0], block: block))
            }
        }
    }

    @Test("a size that is negative is refused; one beyond all bytes is truncated, at no cost")
    func sizes() {
        var negative = TarBlock(name: "a", size: 0)
        negative.put([UInt8](repeating: 0xff, count: 12), at: 124)
        negative.seal()
        #expect(isNotAnArchive(negative.bytes + endMark))
        var huge = TarBlock(name: "a", size: 0)
        huge.put([0x80, 0, 0, 0, 0x3f] + [UInt8](repeating: 0xff, count: 7), at: 124)
        huge.seal()
        #expect(fault(huge.bytes + endMark) == .truncated(offset: 1536))
        let claimed = pax("30 size=9223372036854775807\n".paxLine)
        #expect(fault(claimed + TarBlock(name: "a", size: 3).bytes + endMark) != nil)
    }

    @Test("headers longer than the limit are refused after that many bytes, whatever they are")
    func headers() {
        let limit = TarLimits.small.headerLength
        let long = "comment=" + String(repeating: "x", count: 3 * limit)
        #expect(fault(pax(long.paxLine) + good + endMark) == .headersTooLong(limit: limit))
        #expect(fault(pax(long, type: "L") + good + endMark) == .headersTooLong(limit: limit))
        #expect(fault(good + pax(long.paxLine) + good) == .headersTooLong(limit: limit))
        let chain = (0..<30).flatMap { _ in pax("comment=y".paxLine) }
        #expect(fault(chain + chain + chain + good + endMark) != nil)
    }

    @Test("a long name is refused at the limit, in ustar, pax and GNU spelling")
    func names() throws {
        let limits = TarLimits(nameLength: 99, headerLength: 16 * 1024, members: 4)
        let name = String(repeating: "n", count: 100)
        #expect(fault(file(name, []) + endMark, limits: limits) == .nameTooLong(limit: 99))
        let inPax = pax("path=\(name)".paxLine) + good + endMark
        #expect(fault(inPax, limits: limits) == .nameTooLong(limit: 99))
        let inGNU = pax(name + "\0", type: "L") + good + endMark
        #expect(fault(inGNU, limits: limits) == .nameTooLong(limit: 99))
        #expect(
            try Contents(Supply(file(String(name.dropLast()), []) + endMark), limits: limits)
                .members.count == 1
        )
    }

    @Test("a member without a name is refused")
    func nameless() {
        #expect(fault(file("", [1]) + endMark) != nil)
    }

    @Test("the member after the last allowed one is refused")
    func members() throws {
        let limits = TarLimits(nameLength: 99, headerLength: 1024, members: 3)
        #expect(
            try Contents(Supply(good + good + good + endMark), limits: limits).bodies.count == 3
        )
        #expect(
            fault(good + good + good + good + endMark, limits: limits) == .tooManyMembers(limit: 3)
        )
    }

    @Test("a sparse file is refused, as tar writes it in its own format and in pax")
    func sparse() throws {
        let tar = try Tar()
        try tar.run("truncate -s 1M hole; printf end >> hole")
        for (format, version) in [("gnu", "0.0"), ("pax", "0.0"), ("pax", "0.1"), ("pax", "1.0")] {
            try tar.run("tar -b 1 -S --format=\(format) --sparse-version=\(version) -cf s.tar hole")
            #expect(fault(try tar.read("s.tar")) == .sparse(name: "hole"))
        }
    }

    @Test("mutated archives end in a list of members or an error, and never in memory")
    func fuzz() throws {
        let tar = try Tar()
        try tar.run("truncate -s 64k hole; printf end >> hole; ln -s hole link; mkdir dir")
        var seeds: [[UInt8]] = [good + file("b", [UInt8](repeating: 5, count: 2000)) + endMark]
        for format in ["gnu", "pax --sparse-version=0.1", "pax --sparse-version=1.0"] {
            try tar.run("tar -b 1 -S --format=\(format) -cf s.tar hole link dir")
            seeds.append(try tar.read("s.tar"))
        }
        seeds.append(pax("path=other".paxLine + "size=2000".paxLine) + seeds[0])
        let before = try residentBytes()
        for seed in 0..<12_000 {
            var chance = Chance(state: UInt64(seed))
            let bytes = chance.mutate(seeds[seed % seeds.count])
            _ = try? Contents(Supply(bytes, block: 1 + chance.below(3000)), buffer: 4096)
        }
        #expect(try residentBytes() - before < 32 << 20)
    }

    /// Bytes of memory the process holds. Source: `proc_pid_statm(5)`.
    func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
    }
}

extension String {
    /// `key=value` as a pax record: its own length in front. POSIX.1-2017 `pax`.
    fileprivate var paxLine: String {
        guard first?.isNumber != true else { return self }
        var length = utf8.count + 3
        while length != utf8.count + 2 + String(length).count {
            length = utf8.count + 2 + String(length).count
        }
        return "\(length) \(self)\n"
    }
}

/// Chance that repeats itself: SplitMix64.
private struct Chance {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// Changes some bytes, mostly of headers, which get a true checksum again so that the change
    /// is looked at; cuts, repeats and moves blocks.
    mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...below(4) {
            let block = below(bytes.count / 512) * 512
            switch below(6) {
            case 0: bytes[below(bytes.count)] = UInt8(truncatingIfNeeded: next())
            case 1: bytes = Array(bytes[..<(block + 512)])
            case 2: bytes.insert(contentsOf: bytes[block..<(block + 512)], at: block)
            case 3: bytes.removeSubrange(block..<(block + 512))
            default:
                var header = TarBlock(name: "", size: 0)
                header.bytes = Array(bytes[block..<(block + 512)])
                header.bytes[[124, 124 + below(12), 156, below(512)][below(4)]] =
                    UInt8(truncatingIfNeeded: next())
                header.seal()
                bytes.replaceSubrange(block..<(block + 512), with: header.bytes)
            }
            if bytes.count < 512 { bytes += [UInt8](repeating: 0, count: 512) }
        }
        return bytes
    }
}
