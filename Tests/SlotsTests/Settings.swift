import Glibc
import Synchronization

/// How deep the simulator digs. `KEEL_SEED` begins the seeds, `KEEL_DEPTH` counts them.
enum Settings {
    static let firstSeed = number("KEEL_SEED") ?? UInt64.random(in: 0..<1_000_000_000)
    static let depth = number("KEEL_DEPTH") ?? 4
    static var seeds: Range<UInt64> { firstSeed..<(firstSeed + depth) }

    static func number(_ name: String) -> UInt64? {
        // Sound: nobody changes the environment while tests run; the C string is copied here.
        unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
    }
}

/// `KEEL_STOP=1` ends a story at its first broken promise: enough to kill a mutant.
enum Stop {
    private static let isWanted = Settings.number("KEEL_STOP") == 1
    private static let isFound = Mutex(false)

    static func note(_ violations: [String]) {
        if !violations.isEmpty { isFound.withLock { $0 = true } }
    }

    static var now: Bool { isWanted && isFound.withLock { $0 } }
}

/// Counts what was simulated, and says so once a story is through.
enum Totals {
    private static let cuts = Mutex(0)

    static func report(_ name: String, cuts count: Int, seeds: Int) {
        let total = cuts.withLock { total in
            total += count
            return total
        }
        print(
            "simulator: \(name): \(count) cuts, \(seeds) seeds from \(Settings.firstSeed);"
                + " \(total) cuts so far"
        )
    }
}
