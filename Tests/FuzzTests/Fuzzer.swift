import Simulator
import Slots
import Syscalls

/// Mutates a target's inputs and tries them, one after the other.
///
/// Everything but the figures in the report comes from the seed. An input that ends in a way that
/// no input before did is mutated in its turn.
struct Fuzzer<Target: FuzzTarget> {
    /// An input that takes longer than this, twice in a row, is refused.
    private static var slow: Duration { .seconds(1) }
    /// KiB by which the process may grow once it is warm: at its peak, and for good.
    private static var peakLimit: Int { 64 << 10 }
    private static var growthLimit: Int { 16 << 10 }
    private static var poolLimit: Int { 400 }

    private let target: Target
    private let flight: Flight
    private let watchdog = Watchdog()
    private var pool: [[UInt8]] = []
    private var endings: Set<String> = []
    private var found: [[UInt8]] = []

    init(_ target: Target.Type, flight path: String) throws {
        self.target = try Target()
        flight = try Flight(path)
    }

    /// Tries every kept input as it is, then `rounds` mutants. Answers what there is to say.
    mutating func run(rounds: Int, seed: UInt64) throws -> String {
        try watchdog.start()
        let clock = ContinuousClock()
        pool = try target.seeds() + Corpus.inputs(of: Target.name)
        for input in pool { _ = try attempt(input) }
        let known = endings.count
        let mutator = Mutator(dialect: Target.dialect)
        var generator = SeededGenerator(seed: seed)
        let warmUp = rounds / 4
        var cold = (now: 0, peak: 0)
        let start = clock.now
        for round in 0..<rounds {
            if round == warmUp {
                try Gauge.reset()
                cold = try Gauge.read()
            }
            var input = mutator.mutated(pool, using: &generator)
            if Bool.random(using: &generator) { target.mend(&input, using: &generator) }
            if try attempt(input), pool.count < Self.poolLimit {
                pool.append(input)
                found.append(input)
            }
        }
        let time = clock.now - start
        let warm = try Gauge.read()
        try promise(
            warm.peak - cold.now < Self.peakLimit && warm.now - cold.now < Self.growthLimit,
            "memory grew from \(cold.now) KiB to \(warm.now) KiB, at most \(warm.peak) KiB"
        )
        if Settings.isGrowing { try Corpus.keep(found, of: Target.name) }
        return "\(rounds) rounds, \(Int(Double(rounds) / (time / .seconds(1)))) a second,"
            + " \(known) + \(endings.count - known) endings, \(warm.peak - cold.now) KiB more"
    }

    /// Whether `input` ended in a new way.
    private mutating func attempt(_ input: [UInt8]) throws -> Bool {
        try flight.begin(input)
        watchdog.pat()
        let clock = ContinuousClock()
        var ending = ""
        for attempt in 1...2 {
            let start = clock.now
            ending = try target.check(input)
            let time = clock.now - start
            if time < Self.slow { break }
            // The machine may have been busy with something else, once.
            try promise(attempt == 1, "an input takes \(time)")
        }
        return endings.insert(ending).inserted
    }
}
