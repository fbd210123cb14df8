extension Engine {
    /// Reads what `source` offers, judges it, and plans where its bytes come from. Writes nothing:
    /// dropping the transaction is a dry run.
    public func verify(
        _ source: any ImageSource,
        options: UpgradeOptions = UpgradeOptions(),
        observer: (any Observer)? = nil
    ) throws(UpdateError) -> Transaction<Verified> {
        guard !isSeatTaken else { throw .busy }
        let node = try node()
        guard let running = node.running else { throw .nothingRuns }
        let statement: SignedStatement
        do { statement = try source.readStatement() } catch { throw .source(error) }
        let target = running.other
        let release = try judge(statement, node, target: target, options: options)
        if let installed = node.contents[running].release, installed.digest == release.digest {
            throw .alreadyRunning(running, release.version, standing: node.standing)
        }
        guard node.standing == .trusted else {
            throw .notSettled(running: running, standing: node.standing)
        }
        let index = try readIndex(of: release, from: source)
        let isInstalled =
            options.reuses && node.contents[target].release?.digest == release.digest
        let plan =
            options.reuses
            ? try plan(index, node, target: target, observer: observer)
            : FetchPlan(fetchingAll: index)
        // The bundle's form and size are known from here on, before anything is written.
        let delivery =
            isInstalled ? nil : try release.openRoot(of: source, wanted: plan.wanted)
        return Transaction(
            seat: Seat(on: self),
            target: target,
            release: release,
            options: options,
            preparation: Preparation(
                node: node,
                index: index,
                plan: plan,
                isInstalled: isInstalled,
                delivery: delivery
            )
        )
    }

    /// Takes up a release that an earlier install left whole in the other slot: judged again as if
    /// it came anew, and proved by reading it back.
    public func resumeStaged(
        options: UpgradeOptions = UpgradeOptions(),
        observer: (any Observer)? = nil
    ) throws(UpdateError) -> Transaction<Written> {
        guard !isSeatTaken else { throw .busy }
        let node = try node()
        guard let running = node.running else { throw .nothingRuns }
        guard node.standing == .trusted else {
            throw .notSettled(running: running, standing: node.standing)
        }
        let target = running.other
        guard let found = node.contents[target].release else { throw .nothingToActivate(target) }
        let release = try judge(found.statement, node, target: target, options: options)
        try machine.prove(target, node, observer: observer)
        return Transaction(
            seat: Seat(on: self),
            target: target,
            release: release,
            options: options,
            preparation: nil
        )
    }

    private func judge(
        _ statement: SignedStatement,
        _ node: Node,
        target: Slot,
        options: UpgradeOptions
    ) throws(UpdateError) -> Release {
        let facts = NodeFacts(
            epochFloor: epochFloor(node),
            running: node.running.flatMap { node.contents[$0].release?.manifest },
            loaderContract: machine.loaderContract,
            quarantined: quarantined(node),
            clock: machine.isClockGood ? machine.moment().time : nil,
            capacity: machine.slots[target].size
        )
        do {
            return try machine.policy.judge(
                statement,
                node: facts,
                options: options,
                hashing: machine.hashing,
                checker: machine.checker
            )
        } catch {
            throw .distrusted(error)
        }
    }

    private func readIndex(
        of release: Release,
        from source: any ImageSource
    ) throws(UpdateError) -> ChunkIndex {
        let bytes: [UInt8]
        do {
            bytes = try source.readIndex(
                byteCount: release.manifest.chunks.count * ChunkIndex.entrySize
            )
        } catch {
            throw .source(error)
        }
        do {
            return try ChunkIndex(
                parsing: bytes,
                for: release.manifest,
                hashing: machine.hashing
            )
        } catch {
            throw .badIndex(error)
        }
    }

    /// Looks for every chunk: at its place in the target, then in the running slot.
    private func plan(
        _ index: ChunkIndex,
        _ node: Node,
        target: Slot,
        observer: (any Observer)?
    ) throws(UpdateError) -> FetchPlan {
        let reporter = Reporter(
            .scanning,
            total: index.chunks.reduce(0) { $0 + $1.length },
            clock: machine.clock,
            observer: observer
        )
        let places = try runningIndex(node).map(ChunkPlaces.init)
        var window = Window(on: machine.slots[target], limit: machine.slots[target].size)
        var sources: [FetchPlan.Source] = []
        sources.reserveCapacity(index.count)
        let isResumed = try holdsAny(of: index, target)
        for chunk in index.chunks {
            if isResumed, try isInPlace(chunk, &window, target) {
                sources.append(.inPlace)
            } else {
                let offset = places?.offset(of: chunk)
                sources.append(offset.map { .running(offset: $0) } ?? .network)
            }
            try reporter.advance(by: chunk.length, reused: sources.last != .network)
        }
        return FetchPlan(index: index, sources: sources)
    }

    /// Whether an install of this release left anything in the target, told by the first chunks and
    /// by some all over the root: an install writes from the start on. A target that only holds
    /// something else is not read to its end for nothing.
    private func holdsAny(
        of index: ChunkIndex,
        _ target: Slot
    ) throws(UpdateError) -> Bool {
        let (device, samples) = (machine.slots[target], 64)
        let step = max(1, index.count / samples)
        for (number, chunk) in index.chunks.enumerated()
        where number < samples || number.isMultiple(of: step) {
            guard chunk.offset >= SlotLayout.head.upperBound else { continue }
            let bytes: [UInt8]
            do { bytes = try device.bytes(in: chunk.range) } catch {
                throw .device(target, error)
            }
            if machine.hashing.sha256(bytes.span) == chunk.digest { return true }
        }
        return false
    }

    /// Chunks that touch the first block are written again whatever lies there: it is zeroed first.
    private func isInPlace(
        _ chunk: ChunkIndex.Chunk,
        _ window: inout Window,
        _ target: Slot
    ) throws(UpdateError) -> Bool {
        guard chunk.offset >= SlotLayout.head.upperBound else { return false }
        let hashing = machine.hashing
        do {
            return try window.withBytes(in: chunk.range) { hashing.sha256($0) == chunk.digest }
                ?? false
        } catch {
            throw .device(target, error)
        }
    }

    private func runningIndex(_ node: Node) throws(UpdateError) -> ChunkIndex? {
        guard let running = node.running, let release = node.contents[running].release else {
            return nil
        }
        do { return try machine.inspector(of: running).index(of: release) } catch {
            throw .device(running, error)
        }
    }
}
