public import Slots

/// A story from the life of a node, told in steps that a power cut may end at any effect.
public struct Scenario: Sendable {
    public let name: String
    /// Brings a fresh world to where the story begins; never cut.
    public let prepare: @Sendable (World) throws(UpdateError) -> Void
    /// The steps; each says which slots it asks to lose their trust.
    public let steps: [Step]

    public struct Step: Sendable {
        public let name: String
        public let givesUp: Set<Slot>
        public let run: @Sendable (World) throws(UpdateError) -> Void

        public init(
            _ name: String,
            givesUp: Set<Slot> = [],
            run: @escaping @Sendable (World) throws(UpdateError) -> Void
        ) {
            self.name = name
            self.givesUp = givesUp
            self.run = run
        }
    }

    public init(
        _ name: String,
        prepare: @escaping @Sendable (World) throws(UpdateError) -> Void = { _ in },
        steps: [Step]
    ) {
        self.name = name
        self.prepare = prepare
        self.steps = steps
    }

    /// Tells the story to its end. Returns the number of effects it took.
    public func runToEnd(_ world: World) throws(UpdateError) -> Int {
        try prepare(world)
        let before = world.power.effects
        for step in steps { try step.run(world) }
        return world.power.effects - before
    }

    /// Tells the story with the power cut after `cut` effects; answers the slots whose trust
    /// nothing that was begun has asked to take.
    public func run(_ world: World, cut: Int) throws(UpdateError) -> Set<Slot> {
        try prepare(world)
        var kept = Self.trusted(world)
        world.power.cutAfter = world.power.effects + cut
        for step in steps {
            kept.subtract(step.givesUp)
            do { try step.run(world) } catch { break }
            guard world.power.isOn else { break }
            kept.formUnion(Self.trusted(world).subtracting(step.givesUp))
        }
        return kept
    }

    private static func trusted(_ world: World) -> Set<Slot> {
        Set(Slot.allCases.filter { world.inForce?[$0] == .good })
    }
}
