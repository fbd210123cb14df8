extension Transaction where S == Verified {
    /// Writes the release into the target, in the order that never leaves half a file system:
    ///
    /// 1. `revoke`, durable in every copy of the record;
    /// 2. the first block zeroed, its first sector first, flushed: no file system any more;
    /// 3. everything but the first block, flushed, read back;
    /// 4. the first block, its first sector last, flushed, read back: a file system, whole.
    ///
    /// A slot that holds the release already is proved instead; nothing is written to it.
    public consuming func write(
        from source: any ImageSource,
        observer: (any Observer)? = nil
    ) throws(UpdateError) -> Transaction<Written> {
        let engine = seat.engine
        guard let preparation else { preconditionFailure("a verified release was prepared") }
        let isDone =
            preparation.isInstalled
            && engine.isProved(target, preparation.node, observer: observer)
        if !isDone {
            let installation = Installation(
                engine: engine,
                target: target,
                release: release,
                preparation: preparation,
                readsBack: options.readsBack,
                observer: observer
            )
            try installation.run(from: source)
        }
        return Transaction<Written>(
            seat: seat,
            target: target,
            release: release,
            options: options,
            preparation: nil
        )
    }
}

extension Engine {
    /// Whether the slot holds its release; a slot that cannot be read is simply written again.
    fileprivate func isProved(_ slot: Slot, _ node: Node, observer: (any Observer)?) -> Bool {
        do {
            try machine.prove(slot, node, observer: observer)
            return true
        } catch {
            return false
        }
    }
}

/// The writing of one release into one slot.
struct Installation {
    let engine: Engine
    let target: Slot
    let release: Release
    let preparation: Preparation
    let readsBack: Bool
    let observer: (any Observer)?

    var device: any BlockDevice { engine.machine.slots[target] }
    var layout: SlotLayout { SlotLayout(of: release) }

    func run(from source: any ImageSource) throws(UpdateError) {
        let delivery: Delivery
        if let begun = preparation.delivery {
            delivery = begun
        } else {
            delivery = try release.openRoot(of: source, wanted: preparation.plan.wanted)
        }
        // 1. Nobody boots the target from here on, whichever copy of the record is read.
        engine.remember(.install, release, in: target)
        do { try engine.machine.bootLoader.revoke(target, as: .none) } catch {
            throw .bootLoader(error)
        }
        // 2. With the old superblock left in place a half-written slot is a file system to GRUB.
        //    Its sector goes first, alone: a cut must not leave it before a block half zeroed.
        let sector = device.sectorSize
        let blank = [UInt8](repeating: 0, count: SlotLayout.head.count)
        try onDevice { (device) throws(DeviceError) in
            try device.write(blank.span.extracting(first: sector), at: 0)
            try device.flush()
            try device.write(blank.span.extracting(droppingFirst: sector), at: sector)
        }
        // 3. Everything but the first block; it waits in memory. What is written is read back
        //    while the rest is still on its way.
        var (head, readBack) = try writeRoot(from: source, delivery)
        let trailer = Trailer(statement: release.statement, index: preparation.index.bytes)
        try forEachPart(of: trailer) { (part, offset) throws(UpdateError) in
            try onDevice { (device) throws(DeviceError) in
                try device.write(part.span, at: offset)
            }
        }
        try onDevice { (device) throws(DeviceError) in try device.flush() }
        guard readsBack else { return }
        try readBack.finish(head)
        try onDevice { (device) throws(DeviceError) in try device.flush() }
        try SlotProof(of: release, in: target, on: device).checkTree()
        try forEachPart(of: trailer) { (part, offset) throws(UpdateError) in
            try compare(part, at: offset, .trailer)
        }
        // 4. The sector with the superblock comes last of all, alone: only then is there a file
        //    system, and it is whole.
        try onDevice { (device) throws(DeviceError) in
            try device.write(head.span.extracting(droppingFirst: sector), at: sector)
            try device.flush()
            try device.write(head.span.extracting(first: sector), at: 0)
            try device.flush()
        }
        try compare(head, at: 0, .head)
        try onDevice { (device) throws(DeviceError) in
            try device.discard(layout.size..<device.size)
        }
    }

    private func compare(
        _ bytes: [UInt8],
        at offset: Int,
        _ part: UpdateError.Part
    ) throws(UpdateError) {
        var window = Window(on: device, limit: layout.size)
        var done = 0
        while done < bytes.count {
            let count = min(1 << 19, bytes.count - done)
            let range = (offset + done)..<(offset + done + count)
            let isSame: Bool?
            do {
                isSame = try window.withBytes(in: range) { found in
                    for index in 0..<count where found[index] != bytes[done + index] {
                        return false
                    }
                    return true
                }
            } catch {
                throw .device(target, error)
            }
            guard isSame == true else { throw .notAsWritten(target, part) }
            done += count
        }
    }

    private func forEachPart(
        of trailer: Trailer,
        _ body: (_ part: [UInt8], _ offset: Int) throws(UpdateError) -> Void
    ) throws(UpdateError) {
        var offset = layout.trailer.lowerBound
        for part in trailer.parts {
            try body(part, offset)
            offset += part.count
        }
    }

    func onDevice(
        _ body: (any BlockDevice) throws(DeviceError) -> Void
    ) throws(UpdateError) {
        do { try body(device) } catch { throw .device(target, error) }
    }
}
