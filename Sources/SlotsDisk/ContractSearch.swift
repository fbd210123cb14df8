/// Looks for the line `# KEELOS LOADER CONTRACT <n> END` in a boot loader, piece by piece.
struct ContractSearch {
    /// What no line is longer than, less one: who looks at pieces begins each with as many bytes of
    /// the one before. A line that is seen twice is no second line.
    static let overlap = head.count + mostDigits + tail.count - 1

    private static let head = Array("# KEELOS LOADER CONTRACT ".utf8)
    private static let tail = Array(" END".utf8)
    private static let mostDigits = 6
    /// How far a mark may move on, by the byte under its end (Horspool): a loader has a million
    /// bytes, and nearly none of them begins a mark.
    private static let steps: [Int] = {
        var steps = [Int](repeating: head.count, count: 256)
        for (index, byte) in head.dropLast().enumerated() {
            steps[Int(byte)] = head.count - 1 - index
        }
        return steps
    }()

    private var found: Int?
    private var isAmbiguous = false

    /// `nil` when there is no such line, or two that differ.
    var contract: Int? { isAmbiguous ? nil : found }

    mutating func look(in bytes: [UInt8]) {
        var start = 0
        while let place = Self.firstMark(in: bytes, from: start) {
            start = place
            guard let number = Self.number(in: bytes, at: place) else { continue }
            if let found, found != number { isAmbiguous = true }
            found = number
        }
    }

    /// The number that stands at `place`, when the line ends behind it.
    private static func number(in bytes: [UInt8], at place: Int) -> Int? {
        let digits = bytes[place...].prefix(mostDigits).prefix { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard !digits.isEmpty, bytes[digits.endIndex...].starts(with: tail) else { return nil }
        return digits.reduce(0) { number, byte in number * 10 + Int(byte - UInt8(ascii: "0")) }
    }

    /// Just after the next mark.
    private static func firstMark(in bytes: [UInt8], from start: Int) -> Int? {
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
