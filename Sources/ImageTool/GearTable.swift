/// A random number for each byte value, the same for ever: changing one changes where every image
/// is cut, and so makes the next upgrade of every node a full one.
///
/// The first 256 numbers of SplitMix64 from the seed `KEELOS01` in ASCII. Source: Steele, Lea and
/// Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
enum GearTable {
    static let seed: UInt64 = 0x4b45_454c_4f53_3031

    static var values: [UInt64] {
        var state = seed
        return (0..<256).map { _ in
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
    }
}
