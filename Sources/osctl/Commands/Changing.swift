import API
import ArgumentParser
import Slots

struct Activate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a staged release boot, on trial",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 activate --reboot"
    )

    @ParentCommand var options: Osctl

    @Flag(help: "Accept an older release than the running one")
    var allowDowngrade = false

    @Flag(help: "Accept a release that was found unhealthy")
    var retryQuarantined = false

    @OptionGroup(title: "On a node")
    var reboot: RebootOptions

    @OptionGroup(title: "On a node")
    var wait: WaitOptions

    func run() async throws {
        guard options.isLocal else { return try await activateNodes() }
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

    private func activateNodes() async throws {
        var request = Keel_V1_ActivateRequest()
        request.reboot = reboot.reboot ? .now : .none
        request.allowDowngrade = allowDowngrade
        request.retryQuarantined = retryQuarantined
        try await operate(options, "activate", wait, reboot, request) {
            (client, request, id) throws(CallFailure) in
            var request = request
            request.requestID = id
            return try await client.activate(request, timeout: NodeSession.patience).operation
        }
    }
}

struct Confirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trust the slot that runs, or would boot next",
        discussion: """
            On a disk, --slot trusts a slot that no rule would boot, after every byte of it was \
            read back: the way to rescue a disk whose boot record is lost. On a node --insist \
            does so for the slot that runs as the last resort.

            EXAMPLE: osctl -n 10.0.0.7 confirm
            """
    )

    @ParentCommand var options: Osctl

    @Option(
        help: ArgumentHelp(
            "On a disk: trust this slot, a or b, after proving it",
            valueName: "slot"
        ),
        completion: .list(["a", "b"])
    )
    var slot: String?

    @Flag(help: "On a node: also trust what runs as the last resort")
    var insist = false

    func validate() throws {
        if let slot, !["a", "b"].contains(slot) {
            throw ValidationError("--slot is a or b, found \"\(slot)\"")
        }
    }

    func run() async throws {
        if options.isLocal ? insist : slot != nil {
            let option = options.isLocal ? "--insist" : "--slot"
            let isRemote = !options.isLocal
            throw end(.setup(.notHere(option: option, command: "confirm", isRemote: isRemote)))
        }
        guard options.isLocal else { return try await confirmNodes() }
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

    private func confirmNodes() async throws {
        var request = Keel_V1_ConfirmRequest()
        request.insist = insist
        try await ask(options, "confirm", changes: true) { [request] (client) throws(CallFailure) in
            try await client.confirm(request, timeout: .seconds(600))
        } show: {
            .text(
                $0.unchanged
                    ? "Slot \($0.slot) (\($0.version)) was trusted before. Nothing was written."
                    : "Slot \($0.slot) (\($0.version)) is trusted now."
            )
        }
    }
}

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go back to the other slot",
        discussion: """
            Going back is a trial of the old release, so that it has the same way home. An armed \
            release that has not booted yet is put off; a trial is given up.

            EXAMPLE: osctl -n 10.0.0.7 rollback --reboot
            """
    )

    @ParentCommand var options: Osctl

    @Flag(help: "Accept a release that was found unhealthy")
    var retryQuarantined = false

    @OptionGroup(title: "On a node")
    var reboot: RebootOptions

    @OptionGroup(title: "On a node")
    var wait: WaitOptions

    func run() async throws {
        guard options.isLocal else { return try await rollBackNodes() }
        let retries = retryQuarantined
        try change(options) { (engine) throws(UpdateError) in
            switch try engine.rollBack(retriesQuarantined: retries) {
            case .arm(let slot): "Slot \(slot) is armed."
            case .prefer(let slot): "Slot \(slot) is preferred again; the other keeps its tries."
            case .abandon(let slot): "Slot \(slot) is given up."
            }
        }
    }

    private func rollBackNodes() async throws {
        var request = Keel_V1_RollbackRequest()
        request.reboot = reboot.reboot ? .now : .none
        request.retryQuarantined = retryQuarantined
        try await operate(options, "rollback", wait, reboot, request) {
            (client, request, id) throws(CallFailure) in
            var request = request
            request.requestID = id
            return try await client.rollback(request, timeout: NodeSession.patience).operation
        }
    }
}

/// Runs a verb of the engine on a disk and says what is true afterwards.
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
