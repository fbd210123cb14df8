import Simulator
import Slots

/// Replays what a seed does, effect by effect.
@main
struct Replay {
    static func main() throws {
        var words = CommandLine.arguments.dropFirst().filter { !$0.isEmpty }
        let seed = words.isEmpty ? 0 : UInt64(words.removeFirst()) ?? 0
        let cut = words.last.flatMap { Int($0) }
        if cut != nil { words.removeLast() }
        let name = words.joined(separator: " ")
        let chosen = Scenario.all.filter { name.isEmpty || $0.name == name }
        let releases = try Releases()
        var (cuts, broken) = (0, 0)
        for scenario in chosen {
            for shape in WorldShape.all {
                let effects = try scenario.runToEnd(
                    World(seed: seed, shape: shape, releases: releases)
                )
                for cut in cut.map({ $0...$0 }) ?? 0...(effects - 1) {
                    let story = try tell(scenario, shape, seed, cut, releases)
                    cuts += 1
                    if !story.violations.isEmpty { broken += 1 }
                    guard words.isEmpty == false || !story.violations.isEmpty else { continue }
                    print("\(scenario.name), \(shape), seed \(seed), cut after \(cut) effects")
                    for line in story.lines { print("  " + line) }
                }
            }
        }
        let stories = chosen.map(\.name).joined(separator: ", ")
        print("simulator: seed \(seed), \(cuts) cuts of \(stories): \(broken) broke a promise")
    }

    private static func tell(
        _ scenario: Scenario,
        _ shape: WorldShape,
        _ seed: UInt64,
        _ cut: Int,
        _ releases: Releases
    ) throws -> (lines: [String], violations: [String]) {
        var lines: [String] = []
        let world = World(seed: seed, shape: shape, releases: releases)
        world.power.trace = { lines.append($0) }
        let kept = try scenario.run(world, cut: cut)
        lines.append("power cut")
        world.powerCycle()
        let choice = world.booted.map { "slot \($0.slot), \($0.state)" } ?? "nothing"
        lines.append("firmware boots \(choice)")
        world.checkAfterCut(kept: kept)
        world.checkRecovery()
        world.checkNextUpgrade()
        lines += world.violations.map { "BROKEN \($0)" }
        return (lines, world.violations)
    }
}
