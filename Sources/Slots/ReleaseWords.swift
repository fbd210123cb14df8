// What the facts of a release say in words. Half sentences without a subject, so that each program
// can begin with what it was about.

extension Release {
    /// "1.8.0 (4d42237ec8ed) is installed: 20 bytes fetched in 3 requests, 1 of them retries."
    public func installedSentence(_ traffic: Traffic) -> String {
        "\(version) (\(digest.short)) is installed: \(traffic.bytes) bytes fetched in "
            + "\(traffic.requests) requests"
            + (traffic.retries > 0 ? ", \(traffic.retries) of them retries." : ".")
    }
}

extension Transaction where S == Verified {
    /// What a dry run says of the slot.
    public var previewSentence: String {
        isInstalled
            ? "\(release.version) is in slot \(target) already: it would be read back and armed."
            : "\(release.version) would go into slot \(target)."
    }
}

extension BundleFault {
    public var words: String {
        switch self {
        case .truncated(let member): "it ends inside \(member)"
        case .unexpectedMember(let found, let expected):
            "expected member \(expected), found \(found ?? "the end")"
        case .notAFile(let member, let kind): "\(member) is not a plain file but a \(kind)"
        case .tooLarge(let member, let size, let limit):
            "\(member) has \(size) bytes, the limit is \(limit)"
        case .wrongSize(let member, let size, let expected):
            "\(member) has \(size) bytes, signed are \(expected)"
        case .trailing(let size, let expected):
            "expected its end at byte \(expected), found \(size) bytes"
        case .notAnArchive(let reason): "it is not a tar archive of our form (\(reason))"
        }
    }
}

extension FlatJSON.Fault {
    public var words: String {
        switch self {
        case .malformed(let offset): "is not JSON at byte \(offset)"
        case .nested(let offset): "has a nested value at byte \(offset)"
        case .duplicate(let key): "has \"\(key)\" twice"
        case .numberOutOfRange(let offset): "has a number out of range at byte \(offset)"
        case .tooMany(let offset): "has too many members at byte \(offset)"
        }
    }
}

extension ManifestError {
    public var words: String {
        switch self {
        case .tooLarge(let size, let limit): "has \(size) bytes, the limit is \(limit)"
        case .notFlatJSON(let fault): fault.words
        case .unsupportedFormat(let found, let known):
            "has format \(found), known here is \(known)"
        case .unknownFeature(let feature): "requires \"\(feature)\", which is not known here"
        case .missing(let field): "has no \"\(field)\""
        case .invalid(let field): "has no good \"\(field)\""
        }
    }
}

extension SignaturesError {
    public var words: String {
        switch self {
        case .malformed(let line): "line \(line) of its signatures makes no sense"
        case .duplicate(let line): "line \(line) of its signatures repeats a key"
        case .tooMany(let limit): "it has more than \(limit) signatures"
        }
    }
}

extension ChunkIndexError {
    public var words: String {
        switch self {
        case .wrongSize(let found, let expected):
            "has \(found) bytes, signed are \(expected)"
        case .wrongDigest(let found, let expected):
            "has digest \(found), signed is \(expected)"
        case .badLength(let chunk, let length): "gives chunk \(chunk) \(length) bytes"
        case .wrongTotal(let found, let expected):
            "adds up to \(found) bytes, the root has \(expected)"
        }
    }
}

extension Distrust {
    public var words: String {
        switch self {
        case .unexpectedDigest(let found, let expected):
            "expected release \(expected), found \(found)"
        case .unreadableSignatures(let error): error.words
        case .tooFewSignatures(let valid, let needed, let signers):
            "\(needed) trusted keys must have signed it, \(valid) did; it names "
                + (signers.isEmpty ? "no signer" : signers.map(\.short).joined(separator: ", "))
        case .unreadable(let error): "its manifest \(error.words)"
        case .refusesItself(let valid, let needed):
            "a node that runs it would need \(needed) signatures by keys it trusts, it has \(valid)"
        case .notKeelOS(let name): "expected keelos, found \(name)"
        case .wrongArchitecture(let found, let expected), .wrongBoard(let found, let expected):
            "it is for \(found), wanted is \(expected)"
        case .belowEpochFloor(let epoch, let floor):
            "it is of epoch \(epoch), the lowest allowed is \(floor)"
        case .expired(let time, let now): "it expired at \(time), now is \(now)"
        case .needsNewerFirst(let running, let minimum):
            "it needs \(minimum) or newer to start from, running is \(running)"
        case .downgrade(let from, let to): "it is \(to), older than \(from)"
        case .cannotReadState(let schema, let reads):
            "it reads state of schema \(reads), there is schema \(schema)"
        case .needsNewerLoader(let found, let needed):
            "it needs loader contract \(needed), there is \(found)"
        case .quarantined: "it failed or was given up on this node before"
        case .doesNotFit(let size, let capacity):
            "it needs \(size) bytes in its slot, there are \(capacity)"
        }
    }
}
