import Slots

/// Makes names that are never made twice.
enum Ids {
    /// 32 hexadecimal digits, from the system's random numbers.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }.hex
    }
}
