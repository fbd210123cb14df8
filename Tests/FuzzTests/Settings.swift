import Glibc

/// How long the fuzzer goes on. `KEEL_SEED` is its seed, `KEEL_DEPTH` multiplies the rounds;
/// `KEEL_GROW=1` adds inputs that ended in a new way to `Corpus`.
enum Settings {
    static let seed = number("KEEL_SEED") ?? UInt64.random(in: 0..<1_000_000_000)
    static let depth = Int(clamping: number("KEEL_DEPTH") ?? 2)
    static let isGrowing = number("KEEL_GROW") == 1

    /// Without optimization a round takes many times as long.
    static let slowness = isOptimized ? 1 : 16

    private static var isOptimized: Bool {
        var isOptimized = true
        assert(
            {
                isOptimized = false
                return true
            }()
        )
        return isOptimized
    }

    private static func number(_ name: String) -> UInt64? {
        // Sound: nobody changes the environment while tests run; the C string is copied here.
        unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
    }
}
