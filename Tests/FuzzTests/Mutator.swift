import Simulator

/// Makes a new input out of the old ones. The same generator and pool give the same input.
struct Mutator: Sendable {
    let dialect: Dialect

    /// One of `pool`, changed once or a few times.
    func mutated(_ pool: [[UInt8]], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = pool.randomElement(using: &generator) ?? []
        // Often a single change: most formats do not survive two.
        let count = [1, 1, 1, 2, 4, 8].randomElement(using: &generator) ?? 1
        for _ in 0..<count {
            change(&bytes, pool, &generator)
            if bytes.count > dialect.limit {
                bytes.removeLast(bytes.count - dialect.limit)
            }
        }
        return bytes
    }

    private func change(
        _ bytes: inout [UInt8],
        _ pool: [[UInt8]],
        _ generator: inout SeededGenerator
    ) {
        guard !bytes.isEmpty else {
            bytes = dialect.tokens.randomElement(using: &generator) ?? generator.bytes(16)
            return
        }
        switch Int.random(in: 0..<20, using: &generator) {
        case 0, 1: flipBit(&bytes, &generator)
        case 2: bytes[place(in: bytes, &generator)] = oddByte(&generator)
        case 3: bytes[place(in: bytes, &generator)] = UInt8.random(in: 0...255, using: &generator)
        case 4, 5: setField(&bytes, &generator)
        case 6: putNumber(&bytes, at: place(in: bytes, &generator), &generator)
        case 7, 8: insertToken(&bytes, &generator)
        case 9: overwriteToken(&bytes, &generator)
        case 10, 11: editDigits(&bytes, &generator)
        case 12: bytes.removeLast(bytes.count - place(in: bytes, &generator))
        case 13: extend(&bytes, &generator)
        case 14: bytes.removeSubrange(region(of: bytes, &generator))
        case 15: repeatRegion(&bytes, &generator)
        case 16: moveRegion(&bytes, &generator)
        case 17: fillRegion(&bytes, &generator)
        default: splice(&bytes, pool, &generator)
        }
    }

    // MARK: places

    private func place(in bytes: [UInt8], _ generator: inout SeededGenerator) -> Int {
        Int.random(in: bytes.indices, using: &generator)
    }

    /// Somewhere up to the end; half the time at a multiple of the format's unit.
    private func edge(of bytes: [UInt8], _ generator: inout SeededGenerator) -> Int {
        let edge = Int.random(in: 0...bytes.count, using: &generator)
        return Bool.random(using: &generator) ? edge / dialect.unit * dialect.unit : edge
    }

    /// At least one byte; short ones are as likely as long ones.
    private func region(of bytes: [UInt8], _ generator: inout SeededGenerator) -> Range<Int> {
        let start = min(edge(of: bytes, &generator), bytes.count - 1)
        let most = min(1 << Int.random(in: 0...12, using: &generator), bytes.count - start)
        var length = Int.random(in: 1...most, using: &generator)
        if length > dialect.unit, Bool.random(using: &generator) {
            length = length / dialect.unit * dialect.unit
        }
        return start..<(start + length)
    }

    // MARK: bytes and numbers

    private func flipBit(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let bit = Int.random(in: 0..<(bytes.count * 8), using: &generator)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }

    private func oddByte(_ generator: inout SeededGenerator) -> UInt8 {
        let odd: [UInt8] = [0, 1, 7, 10, 13, 32, 34, 35, 45, 46, 47, 48, 57, 61, 92, 127, 128, 255]
        return odd.randomElement(using: &generator) ?? 0
    }

    /// Numbers at which length checks go wrong: powers of two and their neighbours, the input's
    /// own length and what is left of it.
    private func oddNumber(
        near count: Int,
        _ generator: inout SeededGenerator
    ) -> UInt64 {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: UInt64(Int.random(in: 0...16, using: &generator))
        case 1: UInt64(max(0, count + Int.random(in: -40...8, using: &generator)))
        case 2: UInt64(Int.random(in: 0...count, using: &generator))
        case 3: UInt64.max
        default:
            (1 << UInt64(Int.random(in: 0..<64, using: &generator)))
                &+ UInt64(bitPattern: Int64(Int.random(in: -1...1, using: &generator)))
        }
    }

    private func putNumber(
        _ bytes: inout [UInt8],
        at offset: Int,
        width: Int? = nil,
        _ generator: inout SeededGenerator
    ) {
        let width = width ?? [1, 2, 4, 8].randomElement(using: &generator) ?? 4
        guard offset + width <= bytes.count else { return }
        let isBigEndian = Int.random(in: 0..<4, using: &generator) == 0
        let number = oddNumber(near: bytes.count, &generator)
        for index in 0..<width {
            let shift = UInt64(8 * (isBigEndian ? width - 1 - index : index))
            bytes[offset + index] = UInt8(truncatingIfNeeded: number >> shift)
        }
    }

    /// Sets a field of the format, or moves it by a little.
    private func setField(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard let field = dialect.fields.randomElement(using: &generator) else {
            return putNumber(&bytes, at: place(in: bytes, &generator), &generator)
        }
        guard field.offset + field.width <= bytes.count else { return }
        if Bool.random(using: &generator) {
            let step = UInt8.random(in: 1...3, using: &generator)
            bytes[field.offset] =
                bytes[field.offset] &+ (Bool.random(using: &generator) ? step : 0 &- step)
        } else {
            putNumber(&bytes, at: field.offset, width: field.width, &generator)
        }
    }

    /// Puts another number in the place of one that is written in digits.
    private func editDigits(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        let from = place(in: bytes, &generator)
        guard let start = bytes[from...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let number = oddNumber(near: bytes.count, &generator)
        bytes.replaceSubrange(start..<end, with: Array(String(number).utf8))
    }

    // MARK: words and regions

    private func insertToken(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard let token = dialect.tokens.randomElement(using: &generator) else {
            return flipBit(&bytes, &generator)
        }
        bytes.insert(contentsOf: token, at: edge(of: bytes, &generator))
    }

    /// Half the time in the place of another word.
    private func overwriteToken(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard let token = dialect.tokens.randomElement(using: &generator) else { return }
        if Bool.random(using: &generator),
            let other = dialect.tokens.randomElement(using: &generator), !other.isEmpty,
            let found = bytes.place(of: other, from: place(in: bytes, &generator))
        {
            bytes.replaceSubrange(found..<(found + other.count), with: token)
        } else {
            let start = place(in: bytes, &generator)
            let end = min(start + token.count, bytes.count)
            bytes.replaceSubrange(start..<end, with: token)
        }
    }

    private func extend(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let count = 1 << Int.random(in: 0...10, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes += generator.bytes(count)
        case 1: bytes += repeatElement(bytes[bytes.count - 1], count: count)
        default: bytes += repeatElement(0, count: count)
        }
    }

    private func repeatRegion(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let region = region(of: bytes, &generator)
        let times = Int.random(in: 0..<8, using: &generator) == 0 ? 64 : 1
        guard region.count * times <= dialect.limit else { return }
        let copy = Array(bytes[region])
        let piece = Array(repeatElement(copy, count: times).joined())
        bytes.insert(contentsOf: piece, at: edge(of: bytes, &generator))
    }

    private func moveRegion(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let region = region(of: bytes, &generator)
        let piece = Array(bytes[region])
        bytes.removeSubrange(region)
        bytes.insert(contentsOf: piece, at: edge(of: bytes, &generator))
    }

    private func fillRegion(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let region = region(of: bytes, &generator)
        let fill: UInt8? = Bool.random(using: &generator) ? oddByte(&generator) : nil
        for index in region {
            bytes[index] = fill ?? UInt8.random(in: 0...255, using: &generator)
        }
    }

    /// The head of this one and the tail of another, or a piece of another in the middle.
    private func splice(
        _ bytes: inout [UInt8],
        _ pool: [[UInt8]],
        _ generator: inout SeededGenerator
    ) {
        guard let other = pool.randomElement(using: &generator), !other.isEmpty else { return }
        let from = region(of: other, &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes = Array(bytes[..<edge(of: bytes, &generator)] + other[from.lowerBound...])
        case 1: bytes.replaceSubrange(region(of: bytes, &generator), with: other[from])
        default:
            // At the same place, where formats keep the same field.
            let end = min(from.upperBound, bytes.count)
            guard from.lowerBound < end else { return }
            bytes.replaceSubrange(from.lowerBound..<end, with: other[from.lowerBound..<end])
        }
    }
}

extension [UInt8] {
    /// Where `word` stands first, looking from `start` on.
    func place(of word: [UInt8], from start: Int = 0) -> Int? {
        guard let first = word.first, count >= word.count else { return nil }
        var position = start
        while position + word.count <= count {
            if self[position] == first, self[position..<(position + word.count)] == word[...] {
                return position
            }
            position += 1
        }
        return nil
    }
}
