/// What can be told from a boot loader's bytes without running them.
public enum LoaderImage {
    /// The contract its policy script states in the line `# KEELOS LOADER CONTRACT <n> END`;
    /// `nil` when there is no such line, or two that differ.
    public static func contract(of bytes: [UInt8]) -> Int? {
        var found: Int?
        var start = 0
        while let place = firstMark(in: bytes, from: start) {
            start = place
            var number = 0
            var digits = 0
            while place + digits < bytes.count, digits < 6,
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place + digits])
            {
                number = number * 10 + Int(bytes[place + digits] - UInt8(ascii: "0"))
                digits += 1
            }
            let end = place + digits
            guard digits > 0, bytes[end...].starts(with: Self.tail) else { continue }
            if let found, found != number { return nil }
            found = number
        }
        return found
    }

    /// Whether it is a program the firmware would try: `MZ` and `PE`.
    package static func isProgram(_ bytes: [UInt8]) -> Bool { header(of: bytes) != nil }

    /// Whether it carries a Secure Boot signature.
    ///
    /// Source: PE format, "Optional Header Data Directories", Certificate Table.
    package static func isSigned(_ bytes: [UInt8]) -> Bool {
        guard let header = header(of: bytes), header + 26 <= bytes.count else { return false }
        let isPlus = bytes.number16(header + 24) == 0x20B
        let table = header + (isPlus ? 168 : 152)
        guard table + 8 <= bytes.count else { return false }
        return bytes.number32(table) != 0 || bytes.number32(table + 4) != 0
    }

    private static let head = Array("# KEELOS LOADER CONTRACT ".utf8)
    private static let tail = Array(" END".utf8)

    /// Where `PE\0\0` is.
    private static func header(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 256, bytes[0] == UInt8(ascii: "M"), bytes[1] == UInt8(ascii: "Z")
        else { return nil }
        let header = bytes.number32(0x3C)
        guard header + 24 <= bytes.count, bytes[header...].starts(with: [0x50, 0x45, 0, 0])
        else { return nil }
        return header
    }

    /// Just after the next mark. The byte under the mark's end tells how far it may move on
    /// (Horspool): a loader has two million bytes, and nearly none of them begins a mark.
    private static func firstMark(in bytes: [UInt8], from start: Int) -> Int? {
        var steps = [Int](repeating: head.count, count: 256)
        for (index, byte) in head.dropLast().enumerated() {
            steps[Int(byte)] = head.count - 1 - index
        }
        var place = start
        while place + head.count <= bytes.count {
            if bytes[place..<(place + head.count)].elementsEqual(head) {
                return place + head.count
            }
            place += steps[Int(bytes[place + head.count - 1])]
        }
        return nil
    }
}
