import API
import InitLink
import Slots
import SlotsDisk
import SlotsFetch
import Syscalls

/// Drives the engine on the node's disk: what `osctl --disk` does on a workbench.
struct EngineWork: Work {
    let place: Place
    let initLink: any Init
    let cluster: any ClusterAccess
    var time: any DrainTime = MachineTime()
    /// Tries that a new release gets: 1 to 3.
    let attempts: @Sendable () -> Int

    func perform(_ order: Order, _ handle: OperationHandle) throws(AgentError) -> Ending {
        let outcome: String
        switch order {
        case .upgrade(let request): outcome = try upgrade(request, handle)
        case .activate(let request): outcome = try activate(request, handle)
        case .rollback(let request): return try rollBack(request, handle)
        case .upgradeLoader(let request):
            outcome = try LoaderWork(place: place).run(request, handle)
        }
        return order.reboots && handle.isArmed ? .rebooting(outcome) : .done(outcome)
    }

    func reboot(after done: String, _ id: String) throws(AgentError) {
        do { try initLink.reboot(reason: "operation \(id)") } catch {
            throw .notRebooted(AgentError.Reboot(done: done, refusal: error.sentence))
        }
    }

    /// Whether a release's expiry can be judged.
    private var isClockGood: Bool {
        do { return try initLink.clock().isSynchronised } catch { return false }
    }

    private func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        _ handle: OperationHandle
    ) throws(AgentError) -> String {
        let bundle = try open(request)
        let bench = try Bench(
            place,
            writing: !request.dryRun,
            isClockGood: isClockGood,
            bytesPerSecond: request.diskRate == 0 ? nil : Int(clamping: request.diskRate)
        )
        // A dry run repairs nothing.
        let engine = request.dryRun ? Engine(reading: bench.machine) : try bench.openEngine()
        let observer = OperationObserver(handle, bundle)
        let outcome: Result<String, AgentError>
        do throws(UpdateError) {
            let verified = try engine.verify(bundle, options: wishes(request), observer: observer)
            let release = verified.release
            handle.learn(release, target: verified.target, verified.planMessage)
            if request.dryRun { return verified.previewSentence + " Nothing was written." }
            let written = try verified.write(from: bundle, observer: observer)
            observer.finish()
            if request.stageOnly {
                return "\(release.version) is staged in slot \(written.target). "
                    + (try bench.machine.readNode()).bootSentence
            }
            // Before the slot may boot: a drain that fails leaves everything as it was.
            switch drain(request.drain, handle) {
            case .failure(let error): outcome = .failure(error)
            case .success(let words):
                handle.enter(.activating)
                guard !handle.isCancelled else { throw .cancelled }
                try written.activate()
                handle.arm()
                let sentences = [
                    release.installedSentence(bundle.traffic), words,
                    (try bench.machine.readNode()).bootSentence,
                ]
                outcome = .success(sentences.filter { !$0.isEmpty }.joined(separator: " "))
            }
        } catch {
            if case .alreadyRunning = error { return error.sentence + " Nothing was written." }
            throw .update(error)
        }
        return try outcome.get()
    }

    private func activate(
        _ request: Keel_V1_ActivateRequest,
        _ handle: OperationHandle
    ) throws(AgentError) -> String {
        let bench = try Bench(place, writing: true, isClockGood: isClockGood)
        let engine = try bench.openEngine()
        let observer = OperationObserver(handle, nil)
        do throws(UpdateError) {
            let wishes = UpgradeOptions(
                allowsDowngrade: request.allowDowngrade,
                retriesQuarantined: request.retryQuarantined,
                attempts: attempts()
            )
            let written = try engine.resumeStaged(options: wishes, observer: observer)
            let (release, slot) = (written.release, written.target)
            handle.learn(release, target: slot, nil)
            handle.enter(.activating)
            guard !handle.isCancelled else { throw .cancelled }
            try written.activate()
            handle.arm()
            return "\(release.version) in slot \(slot) was proved and is armed. "
                + (try engine.node()).bootSentence
        } catch {
            throw .update(error)
        }
    }

    private func rollBack(
        _ request: Keel_V1_RollbackRequest,
        _ handle: OperationHandle
    ) throws(AgentError) -> Ending {
        let bench = try Bench(place, writing: true)
        let engine = try bench.openEngine()
        handle.enter(.activating)
        let step: RollbackStep
        do { step = try engine.rollBack(retriesQuarantined: request.retryQuarantined) } catch {
            throw .update(error)
        }
        let words =
            switch step {
            case .arm(let slot): "Slot \(slot) is armed. "
            case .prefer(let slot): "Slot \(slot) is preferred again; the other keeps its tries. "
            case .abandon(let slot): "Slot \(slot) is given up. "
            }
        let node = try bench.node()
        handle.learn(next: node)
        let outcome = words + node.bootSentence
        return request.reboot == .now && step.needsReboot ? .rebooting(outcome) : .done(outcome)
    }

    private func wishes(_ request: Keel_V1_UpgradeRequest) -> UpgradeOptions {
        UpgradeOptions(
            expectedDigest: Digest(hex: request.digest),
            allowsDowngrade: request.allowDowngrade,
            retriesQuarantined: request.retryQuarantined,
            reuses: !request.noReuse,
            attempts: attempts()
        )
    }

    private func open(_ request: Keel_V1_UpgradeRequest) throws(AgentError) -> BundleSource {
        var options = FetchOptions.standard
        // The bundle is signed: a plain line can delay it, not change it. A token it could read.
        options.allowsPlainHTTP = request.bearerToken.isEmpty
        if !request.sourceCa.isEmpty { options.authorities = Array(request.sourceCa.utf8) }
        if !request.bearerToken.isEmpty {
            guard let token = BearerToken(Array(request.bearerToken.utf8)) else { throw .token }
            options.token = token
        }
        options.bytesPerSecond = request.fetchRate == 0 ? nil : Int(clamping: request.fetchRate)
        do {
            return try BundleSource(
                request.source,
                options: options,
                expectsReuse: !request.noReuse,
                random: SystemRandomNumberGenerator()
            )
        } catch {
            throw .update(.source(error))
        }
    }
}

extension Transaction where S == Verified {
    /// What the plan says, for a client; `nil` when nothing has to be written.
    var planMessage: Keel_V1_Plan? {
        guard let plan, !isInstalled else { return nil }
        var message = Keel_V1_Plan()
        let head = release.manifest.chunks.count * ChunkIndex.entrySize
        message.fetchBytes = UInt64(clamping: plan.fetchBytes + head)
        message.requests = UInt32(clamping: plan.wanted.count + 1)
        message.writeBytes = UInt64(clamping: release.manifest.root.size - plan.inPlaceBytes)
        message.inPlaceBytes = UInt64(clamping: plan.inPlaceBytes)
        message.runningBytes = UInt64(clamping: plan.runningBytes)
        return message
    }
}

extension OperationHandle {
    /// The release is known from here on.
    func learn(_ release: Release, target: Slot, _ plan: Keel_V1_Plan?) {
        keep { operation in
            operation.version = release.version.description
            operation.digest = release.digest.hex
            operation.target = target.description
            if let plan { operation.plan = plan }
        }
    }

    /// What boots next is known from here on: whoever waits across the restart looks for it.
    func learn(next node: Node) {
        guard let slot = node.next, let release = node.contents[slot].release else { return }
        learn(release, target: slot, nil)
    }
}
