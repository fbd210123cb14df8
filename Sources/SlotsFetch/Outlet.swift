import Slots

/// The consumer's end of a channel. Used on the consumer's thread alone.
final class Outlet {
    private let channel: Channel
    /// As in the state, but ahead of it by what was not given back yet.
    private var taken = 0
    private var returned = 0
    /// What the worker had written when we last looked.
    private var written = 0

    init(_ channel: Channel) {
        self.channel = channel
    }

    /// Drops what is left of the current job and begins another.
    func start(_ job: Job) {
        (taken, written) = channel.monitor.withLock { state in
            state.generation += 1
            state.job = job
            // What is held stays; the rest of the old job is the worker's at once.
            state.consumed = state.written
            _ = state.giveBack(channel.ring.capacity)
            state.end = nil
            state.isPaused = false
            // Under the lock, as CurlWaker demands.
            state.waker?.wake()
            return (state.consumed, state.written)
        }
        returned = taken
        channel.monitor.signal(.worker)
    }

    /// Tells the worker to stop for good.
    func close() {
        channel.monitor.withLock { state in
            state.generation += 1
            state.isClosed = true
            state.waker?.wake()
        }
        channel.monitor.signal(.worker)
    }

    /// Waits for the first answer and says what is known from it.
    ///
    /// Throws what ended the job when there was none.
    func facts() throws(SourceError) -> BundleFacts {
        let result: Result<BundleFacts, SourceError> = channel.monitor.wait(.consumer) { state in
            if let facts = state.facts { return .success(facts) }
            switch state.end {
            case .failed(let error)?: return .failure(error)
            case .complete?: return .success(.unknown)
            case nil: break
            }
            // Wakes for the first byte or the end, before either of which facts are learned.
            state.need = 1
            return nil
        }
        return try result.get()
    }

    var traffic: Traffic { channel.monitor.withLock { $0.traffic } }

    /// Fills `part` of `buffer`; answers fewer bytes than it holds only where the job ends.
    ///
    /// Throws what ended the job, once all bytes that came before it were read.
    func read(
        into buffer: inout MutableSpan<UInt8>,
        _ part: Range<Int>
    ) throws(SourceError) -> Int {
        let count = part.count
        var filled = 0
        while filled < count {
            if taken == written, try refill(count - filled) == false { break }
            let size = min(count - filled, written - taken)
            let target = part.lowerBound + filled..<part.lowerBound + filled + size
            // Sound: the slice is checked to lie inside the buffer, and the bytes before
            // `written` are the consumer's until it gives them back.
            unsafe buffer.withUnsafeMutableBytes { bytes in
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[target])
                unsafe channel.ring.load(into: room, from: taken)
            }
            filled += size
            taken += size
            if taken - returned >= channel.ring.capacity / 4 { giveBack() }
        }
        return filled
    }

    /// The next `count` bytes where they lie; `nil`, and nothing is taken, when there are too many,
    /// or fewer came.
    ///
    /// What is held of them is let go by somebody else than the one who waits for more.
    func lend(_ count: Int) throws(SourceError) -> LentPiece? {
        let ring = channel.ring
        guard count + Channel.lead <= ring.longest else { return nil }
        while written - taken < count {
            let before = written
            guard try refill(count), written > before else { return nil }
        }
        let begin = taken
        taken += count
        returned = taken
        let lead = channel.monitor.withLock { state in
            // As much as lies before it, and was not given back.
            let lead = min(Channel.lead, begin % ring.capacity, begin - state.taken)
            state.lead = Channel.lead
            state.lent.append(begin - lead)
            state.consumed = taken
            return lead
        }
        ring.join(lead + count, at: begin - lead)
        return LentPiece(of: channel, at: begin - lead, count: lead + count, lead: lead)
    }

    /// Waits for `count` bytes, or as many as make nearly half a ring; `false` when the job is
    /// over.
    private func refill(_ count: Int) throws(SourceError) -> Bool {
        giveBack()
        // With so many free bytes the worker is woken, when nothing is held any more.
        let need = min(count, channel.ring.capacity / 2 - Channel.lead)
        let taken = taken
        let result: Result<Int, SourceError> = channel.monitor.wait(.consumer) { state in
            if state.written - taken >= need { return .success(state.written) }
            switch state.end {
            case nil:
                state.need = need
                return nil
            // What came before the end is read first, even when it is less than asked for.
            case .some where state.written > taken: return .success(state.written)
            case .complete?: return .success(taken)
            case .failed(let error)?: return .failure(error)
            }
        }
        written = try result.get()
        return written > taken
    }

    /// Makes room; wakes the worker once half the ring is free, not for every crumb.
    private func giveBack() {
        guard taken > returned else { return }
        returned = taken
        let isDue = channel.monitor.withLock { state in
            state.consumed = taken
            return state.giveBack(channel.ring.capacity)
        }
        if isDue { channel.monitor.signal(.worker) }
    }
}
