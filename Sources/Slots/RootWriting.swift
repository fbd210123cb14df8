extension Installation {
    /// Brings every chunk to its place, each checked against the signed index in the buffer that is
    /// then written, whatever its source. Returns the first block, which is not written yet.
    func writeRoot(
        from source: any ImageSource,
        _ delivery: Delivery
    ) throws(UpdateError) -> [UInt8] {
        let machine = engine.machine
        let reporter = Reporter(
            .writing,
            total: release.manifest.root.size,
            clock: machine.clock,
            observer: observer
        )
        var pass = RootPass(installation: self, reporter: reporter)
        try pass.run(sources: preparation.plan.sources, delivery: delivery, source)
        if delivery == .whole { try finish(source) }
        try repeatSpoiled(pass.spoiled, source, &pass)
        return pass.head
    }

    /// Chunks that the running slot turned out to hold damaged come from the network after all.
    private func repeatSpoiled(
        _ spoiled: [Int],
        _ source: any ImageSource,
        _ pass: inout RootPass
    ) throws(UpdateError) {
        guard !spoiled.isEmpty else { return }
        var sources = [FetchPlan.Source](repeating: .inPlace, count: preparation.index.count)
        for chunk in spoiled { sources[chunk] = .network }
        let plan = FetchPlan(index: preparation.index, sources: sources)
        let delivery = try release.openRoot(of: source, wanted: plan.wanted)
        try pass.run(sources: plan.sources, delivery: delivery, source)
    }

    private func finish(_ source: any ImageSource) throws(UpdateError) {
        do { try source.finish() } catch { throw .source(error) }
    }
}

extension Release {
    /// Begins on the root, which checks the form and the size of the bundle around it.
    func openRoot(
        of source: any ImageSource,
        wanted: [Range<Int>]
    ) throws(UpdateError) -> Delivery {
        do { return try source.openRoot(rootSize: manifest.root.size, wanted: wanted) } catch {
            throw .source(error)
        }
    }
}

/// One walk over the chunks of the root, in order.
struct RootPass {
    let installation: Installation
    let reporter: Reporter
    /// The first block: kept back until everything behind it is proved.
    var head = [UInt8](repeating: 0, count: SlotLayout.head.count)
    /// Chunks that were to come from the running slot and did not match.
    var spoiled: [Int] = []
    private var buffer: [UInt8] = []

    init(installation: Installation, reporter: Reporter) {
        self.installation = installation
        self.reporter = reporter
    }

    mutating func run(
        sources: [FetchPlan.Source],
        delivery: Delivery,
        _ source: any ImageSource
    ) throws(UpdateError) {
        let machine = installation.engine.machine
        let wanted = installation.preparation.plan.wanted
        let running = machine.slots[installation.target.other]
        var window = Window(on: running, limit: running.size)
        var delivered = DeliveredRanges(delivery == .whole ? nil : ranges(sources, wanted))
        for (number, chunk) in installation.preparation.index.chunks.enumerated() {
            let comes = delivered.contains(chunk.offset)
            if comes { try receive(chunk, source) }
            switch sources[number] {
            case .inPlace: break
            case .network: try check(chunk, number)
            case .running where comes: try check(chunk, number)
            case .running(let offset):
                guard try copy(chunk, from: offset, &window) else {
                    spoiled.append(number)
                    continue
                }
            }
            if sources[number] != .inPlace { try write(chunk) }
            try reporter.advance(by: chunk.length, reused: !comes)
        }
    }

    /// In a second pass the ranges are those of its own plan.
    private func ranges(_ sources: [FetchPlan.Source], _ wanted: [Range<Int>]) -> [Range<Int>] {
        guard !spoiled.isEmpty else { return wanted }
        return FetchPlan(index: installation.preparation.index, sources: sources).wanted
    }

    private mutating func receive(
        _ chunk: ChunkIndex.Chunk,
        _ source: any ImageSource
    ) throws(UpdateError) {
        hold(chunk.length)
        var all = buffer.mutableSpan
        var bytes = all._mutatingExtracting(0..<chunk.length)
        do { try source.read(into: &bytes) } catch { throw .source(error) }
    }

    private func check(_ chunk: ChunkIndex.Chunk, _ number: Int) throws(UpdateError) {
        let digest = installation.engine.machine.hashing
            .sha256(buffer.span.extracting(first: chunk.length))
        guard digest == chunk.digest else {
            throw .wrongChunk(chunk: number, offset: chunk.offset)
        }
    }

    /// False when the running slot does not hold what its own index promised.
    private mutating func copy(
        _ chunk: ChunkIndex.Chunk,
        from offset: Int,
        _ window: inout Window
    ) throws(UpdateError) -> Bool {
        let hashing = installation.engine.machine.hashing
        hold(chunk.length)
        var buffer = buffer
        self.buffer = []
        defer { self.buffer = buffer }
        do {
            return try window.withBytes(in: offset..<(offset + chunk.length)) { bytes in
                guard hashing.sha256(bytes) == chunk.digest else { return false }
                for index in 0..<chunk.length { buffer[index] = bytes[index] }
                return true
            } ?? false
        } catch {
            // A running slot that cannot be read is no reason to fail: the network has it too.
            return false
        }
    }

    /// Makes room for a chunk; a longer buffer is kept, not made anew for each.
    private mutating func hold(_ count: Int) {
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
    }

    /// Writes the chunk in `buffer`, but for the part of it that lies in the first block.
    private mutating func write(_ chunk: ChunkIndex.Chunk) throws(UpdateError) {
        let kept = max(0, min(chunk.range.upperBound, head.count) - chunk.offset)
        for index in 0..<kept { head[chunk.offset + index] = buffer[index] }
        guard kept < chunk.length else { return }
        let rest = buffer.span.extracting(kept..<chunk.length)
        do {
            try installation.device.write(rest, at: chunk.offset + kept)
        } catch {
            throw .device(installation.target, error)
        }
    }
}

/// Tells which chunks a delivery contains, asked in order.
struct DeliveredRanges {
    private let ranges: [Range<Int>]?
    private var next = 0

    /// `nil` stands for everything.
    init(_ ranges: [Range<Int>]?) { self.ranges = ranges }

    mutating func contains(_ offset: Int) -> Bool {
        guard let ranges else { return true }
        while next < ranges.count, ranges[next].upperBound <= offset { next += 1 }
        return next < ranges.count && ranges[next].lowerBound <= offset
    }
}
