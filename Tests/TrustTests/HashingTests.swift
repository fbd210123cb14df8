import Slots
import Testing
import Trust

@Suite("SHA-256")
struct HashingTests {
    let hashing = OpenSSLHashing()

    @Test(
        "the published vectors come out",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func vectors(message: String, digest: String) {
        let bytes = message.bytes
        let found = hashing.sha256(bytes.span)
        #expect(found.hex == digest)
    }

    @Test("a stream fed in pieces of any length gives the digest of the whole")
    func stream() {
        let message = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for piece in [1, 7, 63, 64, 65, 4096, 10_000] {
            var stream = SHA256Stream(hashing)
            for start in stride(from: 0, to: message.count, by: piece) {
                let end = min(start + piece, message.count)
                stream.update(message.span.extracting(start..<end))
            }
            let found = stream.finish()
            #expect(found == hashing.sha256(message.span))
        }
    }

    @Test("a block's digest is that of the salt followed by the block, whatever the salt's length")
    func blocks() {
        let blocks = (0..<(3 * 4096)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        for saltLength in [0, 1, 32, 64, 100] {
            let salt = [UInt8](repeating: 0x5a, count: saltLength)
            var digests = [UInt8](repeating: 0, count: 3 * 32 + 1)
            var room = digests.mutableSpan
            hashing.hashBlocks(blocks.span, salt: salt.span, into: &room)
            for index in 0..<3 {
                let message = salt + blocks[(index * 4096)..<((index + 1) * 4096)]
                let expected = hashing.sha256(message.span).bytes
                #expect(Array(digests[(index * 32)..<((index + 1) * 32)]) == expected)
            }
            #expect(digests.last == 0, "nothing is written after the last digest")
        }
    }

    @Test("no blocks give no digests")
    func noBlocks() {
        let none: [UInt8] = []
        var digests: [UInt8] = [9]
        var room = digests.mutableSpan
        hashing.hashBlocks(none.span, salt: none.span, into: &room)
        #expect(digests == [9])
    }

    @Test("one value hashes on many threads at once")
    func threads() async {
        let hashing = hashing
        let message = [UInt8](repeating: 3, count: 100_000)
        let expected = hashing.sha256(message.span)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask { hashing.sha256(message.span) == expected }
            }
            for await matches in group { #expect(matches) }
        }
    }

    @Test("random bytes have the length asked for and do not repeat")
    func random() throws {
        #expect(try RandomBytes.make(0).isEmpty)
        let first = try RandomBytes.make(32)
        #expect(first.count == 32)
        #expect(try RandomBytes.make(32) != first)
    }
}
