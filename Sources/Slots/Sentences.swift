// What the engine refused or could not finish, in sentences: what, on what, expected and found.
// What is still true afterwards is for the caller to read from the disk and add.

extension UpdateError {
    public var sentence: String {
        switch self {
        case .busy: "another update of this disk is under way."
        case .nothingRuns:
            "refused: no slot may boot by the boot record, so none counts as running."
        case .notSettled(let running, .onTrial):
            "refused: slot \(running) is on trial; confirm it or roll it back first."
        case .notSettled(let running, _):
            "refused: slot \(running) runs as the last resort; confirm it with --insist first."
        case .distrusted(let distrust): "the release is refused: \(distrust.words)."
        case .badIndex(let error): "the release is refused: its chunk index \(error.words)."
        case .source(.malformed(let fault)): "the bundle is refused: \(fault.words)."
        case .source(let error): "the bundle could not be fetched: \(error.words)."
        case .wrongChunk(let chunk, let offset):
            "the release is refused: chunk \(chunk), at byte \(offset) of its root, is not what "
                + "was signed."
        case .notAsWritten(let slot, let part):
            "slot \(slot) does not hold what was written: \(part.words)."
        case .device(let slot, let error): "slot \(slot) failed: \(error.words)."
        case .bootLoader(let error): "the boot record was not changed: \(error.words)."
        case .rollback(let refusal): "the rollback is refused: \(refusal.words)."
        case .nothingToActivate(let slot): "refused: slot \(slot) holds no whole release."
        case .alreadyRunning(let slot, let version, let standing):
            "\(version) is in slot \(slot) already, "
                + "\(standing == .trusted ? "trusted" : "on trial"), and boots next."
        case .cancelled: "the update was cancelled."
        }
    }
}

extension UpdateError.Part {
    var words: String {
        switch self {
        case .root(let found, let expected):
            "the hash tree over it ends in \(found.short), signed is \(expected.short)"
        case .data: "a block of its root differs from the signed hash tree"
        case .trailer: "its trailer differs"
        case .tree: "its hash tree differs"
        case .head: "its first block differs"
        }
    }
}

extension SourceError {
    public var words: String {
        switch self {
        case .malformed(let fault): fault.words
        case .unreachable(let reason, let attempts):
            "\(reason) (\(attempts) \(attempts == 1 ? "attempt" : "attempts"))"
        case .answered(let status): "the server answered \(status)"
        case .untrustedServer(let reason): "the server is not trusted (\(reason))"
        case .changed: "the file on the server changed while it was fetched"
        case .unusable(let reason): reason
        }
    }
}

extension DeviceError {
    public var words: String { "\(operation.rawValue) at byte \(offset), errno \(code)" }
}

extension BootLoaderError {
    public var words: String {
        switch self {
        case .noRecord: "every copy of it is lost"
        case .copiesFailed(let copies, let inForce):
            "env\(copies.map(String.init).joined(separator: ", env")) did not take the change"
                + (inForce ? ", the others did" : "")
        case .nothingTrustedLeft: "no trusted slot would be left"
        case .exhausted: "its sequence number is used up"
        }
    }
}

extension RollbackRefusal {
    public var words: String {
        switch self {
        case .nothingRuns: "no slot may boot by the boot record"
        case .otherFailed(let slot, let reason):
            "slot \(slot) failed before\(reason.map { " (\($0.rawValue))" } ?? "")"
        case .nothingThere(let slot): "nothing bootable is in slot \(slot)"
        case .belowEpochFloor(let epoch, let floor):
            "the other release is of epoch \(epoch), the lowest allowed is \(floor)"
        case .cannotReadState(let schema, let reads):
            "the other release reads state of schema \(reads), there is schema \(schema)"
        case .onlyThisBoots(let slot): "slot \(slot) is the only one that boots"
        }
    }
}
