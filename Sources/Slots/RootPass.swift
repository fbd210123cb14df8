/// One walk over the chunks of the root, in order, some of them at a time: brought into one buffer,
/// hashed there together, and written from there.
struct RootPass {
    /// Bytes brought at once: enough that several threads can share the hashing, and no more than
    /// is read back at once.
    private let batchSize: Int

    let installation: Installation
    let reporter: Reporter
    /// The first block: kept back until everything behind it is proved.
    private(set) var head = [UInt8](repeating: 0, count: SlotLayout.head.count)
    /// Chunks that were to come from the running slot and did not match.
    private(set) var spoiled: [Int] = []
    /// `nil` when something that was passed is still to be written, or nothing is to be read back.
    private(set) var readBack: ReadBack?
    private var buffer: [UInt8] = []
    private var batch: [Item] = []

    /// A chunk on its way.
    private struct Item {
        let number: Int
        let chunk: ChunkIndex.Chunk
        let source: FetchPlan.Source
        /// Whether the delivery contains it, wanted or not.
        let comes: Bool
        /// Whether its bytes are in the buffer.
        var isHere: Bool
    }

    init(installation: Installation, reporter: Reporter) {
        self.installation = installation
        self.reporter = reporter
        batchSize = min(1 << 19, installation.device.stretch)
        readBack = installation.readsBack ? ReadBack(of: installation) : nil
    }

    mutating func run(
        _ plan: FetchPlan,
        _ delivery: Delivery,
        _ source: any ImageSource
    ) throws(UpdateError) {
        let running = installation.engine.machine.slots[installation.target.other]
        var window = Window(on: running, limit: running.size)
        var delivered = DeliveredRanges(delivery == .whole ? nil : plan.wanted)
        for (number, chunk) in installation.preparation.index.chunks.enumerated() {
            if let first = batch.first, chunk.range.upperBound > first.chunk.offset + batchSize {
                try take(from: source, &window)
            }
            let comes = delivered.contains(chunk.offset)
            batch.append(
                Item(
                    number: number,
                    chunk: chunk,
                    source: plan.source(ofChunk: number),
                    comes: comes,
                    isHere: comes
                )
            )
        }
        try take(from: source, &window)
    }

    /// Brings, checks and writes the batch.
    private mutating func take(
        from source: any ImageSource,
        _ window: inout Window
    ) throws(UpdateError) {
        guard let first = batch.first, let last = batch.last else { return }
        let size = last.chunk.range.upperBound - first.chunk.offset
        let failure = try pass(size, from: source, &window)
        for item in batch { try reporter.advance(by: item.chunk.length, reused: !item.comes) }
        // What came before the line broke is in place now, and not fetched again.
        if let failure { throw .source(failure) }
        if !spoiled.isEmpty { readBack = nil }
        try readBack?.proceed(to: last.chunk.range.upperBound, head)
        batch.removeAll(keepingCapacity: true)
    }

    /// Checks and writes what the source lends, or brings it all into the buffer first.
    private mutating func pass(
        _ size: Int,
        from source: any ImageSource,
        _ window: inout Window
    ) throws(UpdateError) -> SourceError? {
        if batch.allSatisfy({ $0.comes && $0.source != .inPlace }), let lent = lend(size, source) {
            try check(lent)
            try write(lent)
            return nil
        }
        // A longer buffer is kept, not made anew each time.
        if buffer.count < size { buffer = [UInt8](repeating: 0, count: size) }
        let failure = receive(from: source)
        copy(&window)
        try check(ArrayBytes(buffer))
        for item in batch where item.isHere && item.source != .inPlace { try write(item.chunk) }
        return failure
    }

    /// Why the source does not lend, `read` will tell.
    private func lend(_ size: Int, _ source: any ImageSource) -> (any SharedBytes)? {
        do { return try source.lend(size) } catch { return nil }
    }

    /// Where a chunk lies in the buffer: as it lies in the root.
    private func place(of chunk: ChunkIndex.Chunk) -> Range<Int> {
        // A batch has a first chunk.
        let start = chunk.offset - batch[0].chunk.offset
        return start..<(start + chunk.length)
    }

    /// Receives what the delivery contains. Chunks after a failure are not here.
    private mutating func receive(from source: any ImageSource) -> SourceError? {
        var failure: SourceError?
        for index in batch.indices where batch[index].comes {
            if failure == nil {
                let place = place(of: batch[index].chunk)
                var all = buffer.mutableSpan
                var bytes = all._mutatingExtracting(place)
                do { try source.read(into: &bytes) } catch { failure = error }
            }
            batch[index].isHere = failure == nil
        }
        return failure
    }

    /// Copies from the running slot what does not come from the network.
    private mutating func copy(_ window: inout Window) {
        for (index, item) in batch.enumerated() where !item.comes {
            guard case .running(let offset) = item.source else { continue }
            let place = place(of: item.chunk)
            // A running slot that cannot be read is no reason to fail: the network has it too.
            do throws(DeviceError) {
                batch[index].isHere =
                    try window.copy(offset..<(offset + place.count), to: &buffer, at: place)
            } catch {
                batch[index].isHere = false
            }
        }
    }

    /// Hashes what is here. What came from the network and is wrong ends the install; what the
    /// running slot does not hold as its own index promised is fetched later.
    private mutating func check(_ bytes: any SharedBytes) throws(UpdateError) {
        let checked = batch.indices.filter { batch[$0].isHere && batch[$0].source != .inPlace }
        let digests = installation.engine.machine.hashing.digests(
            of: bytes,
            in: checked.map {
                let place = place(of: batch[$0].chunk)
                return (place.lowerBound + bytes.lead)..<(place.upperBound + bytes.lead)
            }
        )
        for (index, digest) in zip(checked, digests) where digest != batch[index].chunk.digest {
            guard !batch[index].comes else {
                throw .wrongChunk(
                    chunk: batch[index].number,
                    offset: batch[index].chunk.offset
                )
            }
            batch[index].isHere = false
        }
        for item in batch where !item.isHere && item.source != .inPlace {
            spoiled.append(item.number)
        }
    }

    /// Writes the whole batch, but for the part of it that lies in the first block.
    private mutating func write(_ lent: any SharedBytes) throws(UpdateError) {
        let start = batch[0].chunk.offset
        let kept = max(0, min(start + lent.count - lent.lead, head.count) - start)
        lent.withBytes { bytes in
            for index in 0..<kept { head[start + index] = bytes[lent.lead + index] }
        }
        let part = (lent.lead + kept)..<lent.count
        guard !part.isEmpty else { return }
        do { try installation.device.write(lent, part, at: start + kept) } catch {
            throw .device(installation.target, error)
        }
    }

    /// Writes a chunk in the buffer, but for the part of it that lies in the first block.
    private mutating func write(_ chunk: ChunkIndex.Chunk) throws(UpdateError) {
        let place = place(of: chunk)
        let kept = max(0, min(chunk.range.upperBound, head.count) - chunk.offset)
        for index in 0..<kept { head[chunk.offset + index] = buffer[place.lowerBound + index] }
        guard kept < chunk.length else { return }
        let rest = buffer.span.extracting((place.lowerBound + kept)..<place.upperBound)
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
