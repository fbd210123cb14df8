/// What a server says about which file it serves, as far as it says it.
struct FileIdentity: Sendable, Hashable {
    var validator: Validator?
    /// Bytes of the whole file, where known.
    var total: Int?
}

/// What tells one version of a file from another, byte for byte (RFC 9110, section 8.8).
enum Validator: Sendable, Hashable {
    /// A strong entity tag, with its quotation marks.
    case tag(String)
    /// A modification date, used only where there is no strong tag.
    case date(String)

    /// The strongest that the fields hold. A weak tag proves nothing about bytes.
    init?(_ fields: HeaderFields) {
        if let tag = fields.etag, tag.hasPrefix("\""), tag.hasSuffix("\""), tag.utf8.count >= 2 {
            self = .tag(tag)
        } else if let date = fields.lastModified, !date.isEmpty {
            self = .date(date)
        } else {
            return nil
        }
    }

    /// The value of an `If-Range` field.
    var text: String {
        switch self {
        case .tag(let text), .date(let text): text
        }
    }
}

/// How a fresh answer compares with what the transfer began with.
enum Sameness: Sendable, Hashable {
    case same
    case different
    /// Nothing contradicts, nothing proves.
    case unproven

    init(_ known: FileIdentity, _ fresh: FileIdentity) {
        if let known = known.total, let fresh = fresh.total, known != fresh {
            self = .different
            return
        }
        switch (known.validator, fresh.validator) {
        case (.tag(let known)?, .tag(let fresh)?), (.date(let known)?, .date(let fresh)?):
            self = known == fresh ? .same : .different
        default:
            self = .unproven
        }
    }
}
