import Testing

@testable import ImageTool

@Suite("The chunker")
struct ChunkerTests {
    /// The lengths of the chunks of `bytes`, fed in pieces.
    func cut(_ bytes: [UInt8], average: Int = 4096, piece: Int = 1 << 20) -> [Int] {
        var chunker = Chunker(average: average)
        var lengths: [Int] = []
        var length = 0
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let end = min(start + piece, bytes.count)
            var rest = bytes.span.extracting(start..<end)
            while !rest.isEmpty {
                guard let count = chunker.cut(in: rest) else {
                    length += rest.count
                    break
                }
                lengths.append(length + count)
                length = 0
                rest = rest.extracting(droppingFirst: count)
            }
        }
        return length > 0 ? lengths + [length] : lengths
    }

    @Test("chunks cover the input, and all but the last keep their bounds", arguments: 1...8)
    func bounds(seed: UInt64) {
        let average = Chunker.averages[Int(seed) % 3]
        let bytes = noise(200_000 + Int(seed) * 777, seed: seed)
        let lengths = cut(bytes, average: average)
        #expect(lengths.reduce(0, +) == bytes.count)
        #expect(lengths.dropLast().allSatisfy { (average / 4...average * 4).contains($0) })
        #expect((1...average * 4).contains(lengths.last ?? 0))
    }

    @Test("cuts are the same in whatever pieces the input comes", arguments: [1, 63, 1000, 4096])
    func pieces(piece: Int) {
        let bytes = noise(300_000, seed: 9)
        #expect(cut(bytes, piece: piece) == cut(bytes))
    }

    @Test("bytes that are all the same are cut at the maximum or the minimum, never beyond")
    func same() {
        for byte in [UInt8(0), 255, 7] {
            let lengths = cut([UInt8](repeating: byte, count: 200_000))
            #expect(lengths.dropLast().allSatisfy { (1024...16384).contains($0) })
            #expect(Set(lengths.dropLast()).count == 1)
        }
    }

    @Test("an input no longer than the minimum is one chunk, and none is none")
    func short() {
        #expect(cut([]) == [])
        #expect(cut([1]) == [1])
        #expect(cut(noise(1024, seed: 1)) == [1024])
    }

    @Test("the mean over random bytes is the average, within 5 %", arguments: [4096, 8192])
    func mean(average: Int) {
        let bytes = noise(average * 512, seed: 4)
        let mean = bytes.count / cut(bytes, average: average).count
        #expect(abs(mean - average) * 100 < average * 5, "mean \(mean)")
    }

    @Test(
        "an insertion, a deletion or a changed byte moves only the cuts near it",
        arguments: 1...12
    )
    func locality(seed: UInt64) {
        let bytes = noise(400_000, seed: seed)
        let place = 60_000 + Int(seed) * 20_003
        var changed = bytes
        switch seed % 3 {
        case 0: changed.insert(contentsOf: noise(Int(seed) * 37, seed: 99), at: place)
        case 1: changed.removeSubrange(place..<(place + Int(seed) * 11))
        default: changed[place] ^= 1
        }
        let before = slices(bytes)
        let after = Set(slices(changed))
        let lost = before.filter { !after.contains($0) }
        #expect(lost.count <= 12, "lost \(lost.count) of \(before.count) chunks")
    }

    private func slices(_ bytes: [UInt8]) -> [[UInt8]] {
        var start = 0
        return cut(bytes).map { length in
            defer { start += length }
            return Array(bytes[start..<(start + length)])
        }
    }

    @Test("the gear table and the cuts are what they were when the first image was packed")
    func forEver() {
        #expect(GearTable.values.count == 256)
        #expect(GearTable.values[0] == 13_461_375_232_273_481_755)
        #expect(GearTable.values[255] == 14_828_318_306_445_018_969)
        let lengths = [
            5105, 4191, 4266, 4655, 3588, 3412, 5587, 4880, 3919, 4343, 4037, 3558, 3476, 2833,
            2150,
        ]
        #expect(cut(noise(60_000, seed: 1)) == lengths)
    }
}
