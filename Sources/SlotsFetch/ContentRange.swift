/// The value of a `Content-Range` field (RFC 9110, section 14.4): `bytes 0-99/1000`.
struct ContentRange: Sendable, Hashable {
    let bytes: Range<Int>
    /// Of the whole file; `nil` when the server says `*`.
    let total: Int?

    init(bytes: Range<Int>, total: Int?) {
        self.bytes = bytes
        self.total = total
    }

    /// `nil` for another unit, for an unsatisfied range and for anything that makes no sense.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1])
        else { return nil }
        guard first <= last, last < Int.max else { return nil }
        bytes = first..<(last + 1)
        if parts[1] == "*" {
            total = nil
        } else {
            guard let total = Self.number(parts[1]), total > last else { return nil }
            self.total = total
        }
    }

    /// Digits only: no sign, no white space.
    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
