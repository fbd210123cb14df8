/// Why the engine refused, or could not finish. Facts only; `Sentences.swift` says them.
public enum UpdateError: Error, Sendable, Hashable {
    /// Another transaction of this engine is under way.
    case busy
    /// No slot counts as running: the record is lost or allows nothing.
    case nothingRuns
    /// The running slot is on trial or the last resort: nothing is written until it is settled.
    case notSettled(running: Slot, standing: Standing)
    case distrusted(Distrust)
    case badIndex(ChunkIndexError)
    case source(SourceError)
    /// What came for this chunk is not what was signed.
    case wrongChunk(chunk: Int, offset: Int)
    /// What the disk returned is not what was written.
    case notAsWritten(Slot, Part)
    case device(Slot, DeviceError)
    case bootLoader(BootLoaderError)
    case rollback(RollbackRefusal)
    /// There is no release in the other slot that could be activated.
    case nothingToActivate(Slot)
    /// A release of this digest is in the slot that runs.
    case alreadyRunning(Slot, Version, standing: Standing)
    case cancelled

    /// A part of a slot that was read back.
    public enum Part: Sendable, Hashable {
        /// The root hash of the tree over what the disk returned.
        case root(found: Digest, expected: Digest)
        case data
        case trailer
        case tree
        case head
    }

    /// True when nothing was tried: the answer is no, and would be no again.
    public var isRefusal: Bool {
        switch self {
        case .nothingRuns, .notSettled, .distrusted, .badIndex, .rollback, .nothingToActivate,
            .alreadyRunning, .wrongChunk, .source(.malformed), .bootLoader(.nothingTrustedLeft):
            true
        case .busy, .source, .notAsWritten, .device, .bootLoader, .cancelled: false
        }
    }
}
