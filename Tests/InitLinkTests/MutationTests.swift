import Syscalls
import Testing

@testable import InitLink

/// Seeded changes of good frames, against everything that reads one.
@Suite("Mutated frames", .serialized)
struct MutationTests {
    static let seed: UInt64 = 20_261_121

    private static let messages: [[UInt8]] =
        [bytes("08 01")] + GoldenRequests.all.map(\.bytes) + GoldenAnswers.all.map(\.bytes)

    /// Flips, cuts, doubles, inserts and overwrites, a few at a time.
    private func mutate(_ original: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes.removeSubrange(place...)
            case 2: bytes.insert(contentsOf: bytes[place...], at: place)
            case 3: bytes.insert(.random(in: .min ... .max, using: &random), at: place)
            case 4: bytes[place] = [0, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
            default: bytes.remove(at: place)
            }
        }
        return bytes
    }

    /// Reads `stream` as each kind of message; whatever is taken is within its bounds, because it
    /// can be packed again and comes back as it was.
    private func read(_ stream: [UInt8]) throws -> Int {
        var reader = FrameReader()
        reader.append(stream)
        var taken = 0
        while let message = try? reader.next() {
            if let hello = try? Hello(unpacking: message) {
                taken += 1
                #expect(try Hello(unpacking: hello.packed()) == hello)
            }
            if let request = try? Request(unpacking: message) {
                taken += 1
                #expect(try Request(unpacking: request.packed()) == request)
            }
            if let answer = try? Answer(unpacking: message) {
                taken += 1
                #expect(try Answer(unpacking: answer.packed()) == answer)
            }
        }
        return taken
    }

    /// Bytes of memory that are in use; 0 under a sanitizer, which keeps what was freed. Files:
    /// `/proc/self/statm`, `/proc/self/environ`.
    private func memory() throws -> Int {
        let environment = try File.read("/proc/self/environ", limit: 1 << 20)
        let isSanitized = environment.split(separator: 0).contains { word in
            ["ASAN_OPTIONS=", "TSAN_OPTIONS="].contains { word.starts(with: $0.utf8) }
        }
        if isSanitized { return 0 }
        let fields = try File.read("/proc/self/statm", limit: 4096).split(separator: 32)
        let pages = Int(String(decoding: fields[1], as: UTF8.self))
        return try #require(pages) * 4096
    }

    /// Bytes by which the process grew in the round of `body`, of five, in which it grew least:
    /// what else it does makes it grow now and then, a leak does so each time.
    private func leastGrowth(_ body: () throws -> Void) throws -> Int {
        var least = Int.max
        for _ in 0..<5 {
            let before = try memory()
            try body()
            least = min(least, try memory() - before)
        }
        return least
    }

    @Test("1,000 mutated frames are taken within their bounds or refused, and nothing grows")
    func frames() throws {
        print("fuzz: control frames, seed \(Self.seed)")
        var random = Seeded(Self.seed)
        var streams: [[UInt8]] = []
        for _ in 0..<1000 {
            let original = try #require(Self.messages.randomElement(using: &random))
            let message = mutate(original, &random)
            // Half have a right length around what was changed, half were changed all over.
            let isFramed = Bool.random(using: &random) && !message.isEmpty
            streams.append(isFramed ? Frame.wrap(message) : mutate(Frame.wrap(original), &random))
        }
        var taken = 0
        for stream in streams { taken += try read(stream) }
        // Some must get through, or nothing was tried behind the first check.
        #expect(taken > 50 && taken < 3000)
        for _ in 0..<5 { for stream in streams { _ = try read(stream) } }
        let growth = try leastGrowth {
            for _ in 0..<4 { for stream in streams { _ = try read(stream) } }
        }
        #expect(growth < (4 << 20) / 5)
    }

    @Test("random bytes of every length are refused or taken, without a trap")
    func noise() throws {
        var random = Seeded(Self.seed)
        for length in 1...2000 {
            let message = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            _ = try read(Frame.wrap(message))
        }
    }

    @Test("a frame full of the smallest elements costs no more than a few megabytes, for a moment")
    func amplified() throws {
        let many = Array(repeating: bytes("0a 00"), count: 32_000).flatMap { $0 }
        for tag in ["12 80 f4 03", "22 80 f4 03"] {
            let message = bytes(tag) + many
            #expect(throws: MessageFault.self) { try Answer(unpacking: message) }
        }
        let growth = try leastGrowth {
            for _ in 0..<10 { _ = try? Answer(unpacking: bytes("12 80 f4 03") + many) }
        }
        #expect(growth < (16 << 20) / 5)
    }

    @Test("a server that is sent 1,000 mutated frames goes on answering")
    func server() throws {
        let folder = try TemporaryFolder()
        let server = try InitServer(at: folder("control"), answering: MemoryMachine())
        defer { server.stop() }
        var random = Seeded(Self.seed + 1)
        for _ in 0..<1000 {
            let original = try #require(Self.messages.randomElement(using: &random))
            let peer =
                Bool.random(using: &random)
                ? try RawPeer(connecting: folder("control")) : try .greeted(folder("control"))
            // The server may hang up before all is sent.
            try? peer.send(mutate(Frame.wrap(original), &random))
        }
        let client = InitClient(path: folder("control"), connectWait: RawPeer.patience)
        #expect(try client.clock().now == 1000)
    }
}
