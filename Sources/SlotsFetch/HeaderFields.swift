/// The fields of an answer that matter here, collected line by line as libcurl hands them over.
///
/// Only the last head counts: a new status line forgets interim answers and redirects.
struct HeaderFields: Sendable, Hashable {
    /// Bytes of all heads of one request; more is not a server worth talking to.
    static let limit = 256 * 1024

    /// 0 until a status line came, and always for files.
    private(set) var status = 0
    private(set) var contentLength: Int?
    private(set) var contentRange: ContentRange?
    private(set) var hasContentRange = false
    private(set) var etag: String?
    private(set) var lastModified: String?
    private(set) var acceptsRanges = false
    /// Of this head and those before it.
    private(set) var byteCount = 0
    /// Heads so far, without interim ones.
    private(set) var answers = 0

    /// Takes one line with its line end; `false` when there were too many.
    mutating func take(_ line: Span<UInt8>) -> Bool {
        byteCount += line.count
        guard byteCount <= Self.limit else { return false }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(line.count)
        for index in line.indices { bytes.append(line[index]) }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            let (bytes, heads) = (byteCount, answers)
            self = Self()
            status = Self.status(of: text)
            byteCount = bytes
            answers = (100..<200).contains(status) ? heads : heads + 1
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            let name = text[..<colon].lowercased()
            let value = Self.trimmed(text[text.utf8.index(after: colon)...])
            keep(name, value)
        }
        return true
    }

    private mutating func keep(_ name: String, _ value: String) {
        switch name {
        case "content-length":
            contentLength = Int(value).flatMap { $0 >= 0 ? $0 : nil }
        case "content-range":
            hasContentRange = true
            contentRange = ContentRange(value)
        case "etag":
            etag = value
        case "last-modified":
            lastModified = value
        case "accept-ranges":
            acceptsRanges = value.lowercased() == "bytes"
        default:
            break
        }
    }

    /// `HTTP/1.1 206 Partial Content` -> 206; 0 when there is no number.
    private static func status(of line: String) -> Int {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2 else { return 0 }
        return Int(trimmed(words[1])) ?? 0
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        var bytes = Array(text.utf8)[...]
        while let first = bytes.first, blank.contains(first) { bytes.removeFirst() }
        while let last = bytes.last, blank.contains(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
