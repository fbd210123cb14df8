import Slots

/// Where a bundle lies, as libcurl can open it.
enum Location: Sendable, Hashable {
    case server(url: String)
    case file(url: String)
    /// Can be read once, from its beginning.
    case standardInput

    /// Reads `-`, an `http`, `https` or `file` URL, or the path of a file.
    ///
    /// Throws `.unusable` for another scheme, for `http` where it is not allowed, and for text
    /// with control characters.
    init(_ text: String, allowsPlainHTTP: Bool, folder: () -> String?) throws(SourceError) {
        guard !text.isEmpty else { throw .unusable(reason: "empty location") }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw .unusable(reason: "control character in location")
        }
        if text == "-" {
            self = .standardInput
            return
        }
        guard let scheme = Self.scheme(of: text) else {
            self = .file(url: try Self.url(path: text, folder: folder))
            return
        }
        switch scheme {
        case "https":
            self = .server(url: text)
        case "http":
            guard allowsPlainHTTP else { throw .unusable(reason: "plain http not allowed") }
            self = .server(url: text)
        case "file":
            self = .file(url: text)
        default:
            throw .unusable(reason: "unsupported scheme \(scheme)")
        }
    }

    /// What libcurl opens.
    var url: String {
        switch self {
        case .server(let url), .file(let url): url
        // libcurl reads a pipe to its end this way; of a redirected file Linux opens the file
        // itself, from its beginning. A socket cannot be opened: see README.
        case .standardInput: "file:///dev/stdin"
        }
    }

    /// The protocols a transfer may use, in libcurl's words.
    var protocols: String {
        switch self {
        case .server(let url): Self.scheme(of: url) == "https" ? "https" : "http,https"
        case .file, .standardInput: "file"
        }
    }

    var isServer: Bool {
        if case .server = self { true } else { false }
    }

    /// The lower-case letters before `://`, when the text begins so (RFC 3986, section 3.1).
    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            return nil
        }
        let scheme = text[..<colon].lowercased()
        guard let first = scheme.utf8.first, isLetter(first) else { return nil }
        let isName = scheme.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || "+-.".utf8.contains($0)
        }
        return isName ? scheme : nil
    }

    private static func url(path: String, folder: () -> String?) throws(SourceError) -> String {
        var absolute = path
        if !path.hasPrefix("/") {
            guard let folder = folder() else { throw .unusable(reason: "no working folder") }
            absolute = folder + "/" + path
        }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes = Array("file://".utf8)
        for byte in absolute.utf8 {
            // Bit 5 is what tells a small ASCII letter from a capital.
            if isLetter(byte | 0x20) || isDigit(byte) || "/-._~".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Of lower-case letters.
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
