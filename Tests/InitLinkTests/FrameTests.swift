import Testing

@testable import InitLink

@Suite("Frames")
struct FrameTests {
    private func taken(_ reader: inout FrameReader) throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while let message = try reader.next() { messages.append(message) }
        return messages
    }

    @Test("frames come out whole, however the stream was cut")
    func pieces() throws {
        let messages: [[UInt8]] = [[1], [2, 3], [UInt8](repeating: 4, count: 300)]
        let stream = messages.flatMap(Frame.wrap)
        for size in [1, 2, 3, 5, 7, 64, stream.count] {
            var reader = FrameReader()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                reader.append(stream[start..<min(start + size, stream.count)])
                found += try taken(&reader)
            }
            #expect(found == messages)
            #expect(!reader.isInside)
        }
    }

    @Test("a frame that is not whole gives nothing and says that it has begun")
    func truncated() throws {
        let stream = Frame.wrap([1, 2, 3])
        for length in 1..<stream.count {
            var reader = FrameReader()
            reader.append(stream[..<length])
            #expect(try reader.next() == nil)
            #expect(reader.isInside)
        }
    }

    @Test("a frame of the largest size is taken, one byte more is refused at its head")
    func oversize() throws {
        var reader = FrameReader()
        reader.append(Frame.wrap([UInt8](repeating: 9, count: Frame.limit)))
        #expect(try reader.next()?.count == Frame.limit)
        reader.append(bytes("01 00 01 00 | length 65537"))
        #expect(throws: MessageFault.length(65537)) { try reader.next() }
        var other = FrameReader()
        other.append(bytes("ff ff ff ff | length 2^32 - 1"))
        #expect(throws: MessageFault.length(Int(UInt32.max))) { try other.next() }
    }

    @Test("a frame without a message is refused")
    func empty() {
        var reader = FrameReader()
        reader.append(bytes("00 00 00 00 | length 0"))
        #expect(throws: MessageFault.length(0)) { try reader.next() }
    }
}
