import ArgumentParser
import Slots

struct Activate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a staged release boot, on trial",
        discussion: "EXAMPLE: osctl --disk disk.img --trust trust activate"
    )

    @ParentCommand var options: Osctl

    @Flag(help: "Accept an older release than the running one")
    var allowDowngrade = false

    @Flag(help: "Accept a release that was found unhealthy")
    var retryQuarantined = false

    func run() throws {
        let wishes = UpgradeOptions(
            allowsDowngrade: allowDowngrade,
            retriesQuarantined: retryQuarantined
        )
        try change(options) { (engine) throws(UpdateError) in
            let written = try engine.resumeStaged(options: wishes, observer: ProgressPrinter())
            let (version, slot) = (written.release.version, written.target)
            try written.activate()
            return "\(version) in slot \(slot) was proved and is armed."
        }
    }
}

struct Confirm: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trust the slot that would boot next",
        discussion: """
            With --slot a slot is trusted that no rule would boot, after every byte of it was read \
            back: the way to rescue a disk whose boot record is lost.

            EXAMPLE: osctl --disk disk.img --trust trust confirm
            """
    )

    @ParentCommand var options: Osctl

    @Option(help: ArgumentHelp("Trust this slot, a or b, after proving it", valueName: "slot"))
    var slot: String?

    func validate() throws {
        if let slot, !["a", "b"].contains(slot) {
            throw ValidationError("--slot is a or b, found \"\(slot)\"")
        }
    }

    func run() throws {
        let slot = Slot.allCases.first { $0.description == self.slot }
        try change(options) { (engine) throws(UpdateError) in
            let result: Confirmation
            if let slot { result = try engine.rescue(slot) } else { result = try engine.confirm() }
            return switch result {
            case .confirmed(let slot): "Slot \(slot) is trusted now."
            case .alreadyTrusted(let slot): "Slot \(slot) was trusted before. Nothing was written."
            }
        }
    }
}

struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go back to the other slot",
        discussion: """
            Going back is a trial of the old release, so that it has the same way home. An armed \
            release that has not booted yet is put off; a trial is given up.

            EXAMPLE: osctl --disk disk.img --trust trust rollback
            """
    )

    @ParentCommand var options: Osctl

    @Flag(help: "Accept a release that was found unhealthy")
    var retryQuarantined = false

    func run() throws {
        let retries = retryQuarantined
        try change(options) { (engine) throws(UpdateError) in
            switch try engine.rollBack(retriesQuarantined: retries) {
            case .arm(let slot): "Slot \(slot) is armed."
            case .prefer(let slot): "Slot \(slot) is preferred again; the other keeps its tries."
            case .abandon(let slot): "Slot \(slot) is given up."
            }
        }
    }
}

/// Runs a verb of the engine and says what is true afterwards.
private func change(
    _ options: Osctl,
    _ verb: (Engine) throws(UpdateError) -> String
) throws(ExitCode) {
    try run(options, writing: true) { (bench) throws(CommandError) in
        let engine = try bench.openEngine()
        do throws(UpdateError) {
            return try verb(engine) + " " + Truth.boots(try engine.node())
        } catch {
            throw .update(error)
        }
    }
}
