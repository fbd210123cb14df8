import Slots

extension Scenario {
    /// Every story the simulator cuts.
    public static let all: [Scenario] = [
        Scenario("upgrade", steps: [install(2, into: .b), boot, confirm]),
        Scenario(
            "upgrade over an old release",
            prepare: upgraded,
            steps: [install(3, into: .a), boot, confirm]
        ),
        Scenario("upgrade without ranges", steps: [installWhole, boot, confirm]),
        Scenario("resume", prepare: interrupted, steps: [install(2, into: .b), boot, confirm]),
        Scenario(
            "stage, then activate",
            prepare: upgraded,
            steps: [stage, activate, boot, confirm]
        ),
        Scenario("rollback of a trial", prepare: onTrial, steps: [rollBack(.b), boot]),
        Scenario("unhealthy trial", prepare: onTrial, steps: [reject, boot]),
        Scenario(
            "rollback to the old release",
            prepare: upgraded,
            steps: [rollBack(.a), boot, confirm]
        ),
        Scenario("cancel of an armed release", prepare: armed, steps: [rollBack(nil), boot]),
        Scenario("three tries and back", prepare: armed, steps: [boot, boot, boot, boot, open]),
    ]

    private static let boot = Step("reboot") { world in world.reboot() }
    private static let confirm = Step("confirm", run: confirmed)
    private static let open = Step("open", run: opened)
    private static let stage = Step("stage 3", givesUp: [.a], run: staged)
    private static let activate = Step("activate", run: activated)
    private static let reject = Step("reject", givesUp: [.b], run: rejected)
    private static let installWhole = Step("install 2", givesUp: [.b], run: installedWhole)

    private static func install(_ number: Int, into slot: Slot) -> Step {
        Step("install \(number)", givesUp: [slot]) { (world) throws(UpdateError) in
            try world.install(world.releases[number])
        }
    }

    private static func rollBack(_ slot: Slot?) -> Step {
        Step("rollback", givesUp: slot.map { [$0] } ?? []) { (world) throws(UpdateError) in
            try world.rollBack()
        }
    }

    @Sendable private static func confirmed(_ world: World) throws(UpdateError) {
        try world.confirm()
    }

    @Sendable private static func opened(_ world: World) throws(UpdateError) {
        _ = try world.engine()
    }

    @Sendable private static func staged(_ world: World) throws(UpdateError) {
        try world.install(world.releases[3], stageOnly: true)
    }

    @Sendable private static func activated(_ world: World) throws(UpdateError) {
        try world.activate()
    }

    @Sendable private static func rejected(_ world: World) throws(UpdateError) {
        try world.reject()
    }

    @Sendable private static func installedWhole(_ world: World) throws(UpdateError) {
        try world.install(world.releases[2], knowsRanges: false)
    }

    /// Version 2 lies armed in slot b, not booted yet.
    @Sendable private static func armed(_ world: World) throws(UpdateError) {
        try world.install(world.releases[2])
    }

    /// Version 2 runs in slot b, on its first try.
    @Sendable private static func onTrial(_ world: World) throws(UpdateError) {
        try armed(world)
        world.reboot()
    }

    /// Version 2 runs trusted in slot b, version 1 is good in slot a.
    @Sendable private static func upgraded(_ world: World) throws(UpdateError) {
        try onTrial(world)
        try world.confirm()
    }

    /// An install of version 2 that lost its line for good in the middle.
    @Sendable private static func interrupted(_ world: World) throws(UpdateError) {
        do {
            try world.install(world.releases[2], fault: .cut(after: 10_000))
        } catch {
            guard case .source(.unreachable) = error else { throw error }
        }
    }
}
