import Archive
import Simulator

/// An archive of any kind: members lie where they say and are as long as they say, and what was
/// read to its end can be written and read the same.
struct ArchiveTarget: FuzzTarget {
    static let name = "archive"
    static let rounds = 1500
    static let dialect = Dialect.tar

    func seeds() -> [[UInt8]] {
        let small = TarImage.member("a", Array("hello".utf8)) + TarImage.member("c", [])
        let pax =
            TarImage.member("pax", Array("19 path=chunks.idx\n10 size=5\n".utf8), type: "x")
            + TarImage.member("b", Array("hello".utf8)) + TarImage.end
        let long =
            TarImage.member("././@LongLink", Array(repeating: 97, count: 200), type: "L")
            + TarImage.member("b", [1]) + TarImage.end
        return [
            small + TarImage.end, pax, long, TarImage.member("l", [], type: "2") + TarImage.end,
        ]
    }

    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        TarMending.mend(&input, using: &generator)
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let block = [512, 4096, 1, 1000][input.count % 4]
        let found: Contents
        do { found = try Contents(input, block: block) } catch { return ending(error) }
        try promise(found.size <= input.count, "an archive of \(found.size) bytes")
        for (member, body) in zip(found.members, found.bodies) {
            try promise(body.count == member.size || body.isEmpty, "a body of \(body.count) bytes")
            let end = member.contentOffset + body.count
            try promise(
                end <= input.count && input[member.contentOffset..<end] == body[...],
                "the body of \(member.name) is not at \(member.contentOffset)"
            )
        }
        guard let text = try? written(found) else { return "cannot be written" }
        let again = try must("what was written is refused") {
            () throws(ArchiveError<Feed.Never>) in
            try Contents(text, block: 4096)
        }
        try promise(
            again.members.map(\.name) == found.members.map(\.name) && again.bodies == found.bodies,
            "what was written is read differently"
        )
        try promise(again.size == text.count, "an archive of \(text.count) bytes ends before")
        return "\(min(found.members.count, 4)) members"
    }

    /// The same plain files; other members cannot be written.
    private func written(_ contents: Contents) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try TarWriter<Feed.Never> { span throws(Feed.Never) in
            for index in span.indices { bytes.append(span[index]) }
        }
        for (member, body) in zip(contents.members, contents.bodies) {
            let isPlain = member.name.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x2f }
            guard member.kind == .file, isPlain else { throw BrokenPromise("not a plain file") }
            try writer.begin(member.name, size: body.count)
            try writer.write(body.span)
        }
        try writer.finish()
        return bytes
    }
}

/// An archive read to its end.
private struct Contents {
    var members: [TarMember] = []
    var bodies: [[UInt8]] = []
    var size = 0

    init(_ bytes: [UInt8], block: Int) throws(ArchiveError<Feed.Never>) {
        let reader = TarReader(Feed(bytes, block: block), limits: .small)
        var piece = [UInt8](repeating: 0, count: 700)
        while let member = try reader.nextMember() {
            members.append(member)
            var body: [UInt8] = []
            while true {
                var room = piece.mutableSpan
                let count = try reader.read(into: &room)
                guard count > 0 else { break }
                body += piece[..<count]
            }
            bodies.append(body)
        }
        size = try reader.finish()
    }
}

/// Hands out bytes in blocks of one size, from one buffer that is overwritten each time.
private final class Feed: ByteSupply {
    /// A feed of bytes in memory does not fail.
    enum Never: Error {}

    private let bytes: [UInt8]
    private var offset = 0
    private var block: [UInt8]

    init(_ bytes: [UInt8], block size: Int) {
        self.bytes = bytes
        block = [UInt8](repeating: 0, count: size)
    }

    func supply(_ take: (Span<UInt8>) -> Void) throws(Never) {
        // Taken out alone, so that it is refilled in place.
        var next = block
        block = []
        let count = min(next.count, bytes.count - offset)
        for index in 0..<count { next[index] = bytes[offset + index] }
        offset += count
        block = next
        take(next.span.extracting(..<count))
    }
}

/// Makes an archive pass the first look again.
enum TarMending {
    static func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        if Bool.random(using: &generator) {
            let size = TarImage.padded(input.count)
            input += [UInt8](repeating: 0, count: size - input.count + 1024)
        }
        for start in stride(from: 0, to: input.count - 511, by: 512)
        where input[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
            TarImage.seal(&input, at: start)
        }
    }
}
