/// Bytes written as hexadecimal pairs, a field a line; what follows a `|` is for the reader.
func bytes(_ text: String) -> [UInt8] {
    text.split(separator: "\n").flatMap { line in
        let pairs = line.prefix { $0 != "|" }.split(separator: " ")
        return pairs.map { pair in
            guard let byte = UInt8(pair, radix: 16) else { preconditionFailure("\(pair) is hex") }
            return byte
        }
    }
}

/// SplitMix64. The same seed gives the same bytes.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
