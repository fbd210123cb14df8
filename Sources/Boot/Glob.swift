/// A pattern of `modules.alias`: `*` is any text, `?` any character, `[ab]` and `[0-9]` one of
/// these. Source: `fnmatch(3)` without flags, as `modprobe(8)` uses it.
struct Glob: Sendable, Hashable {
    private let pattern: [UInt8]

    init(_ pattern: some StringProtocol) { self.pattern = Array(pattern.utf8) }

    /// Whether the whole of `text` fits. Linear but for the last star, which is tried again.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var (here, place) = (0, 0)
        var (star, anchor) = (-1, 0)
        while here < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                (star, anchor) = (place, here)
                place += 1
            } else if let width = width(at: place, taking: text[here]) {
                place += width
                here += 1
            } else if star >= 0 {
                anchor += 1
                (here, place) = (anchor, star + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Bytes of the pattern's element at `place`, when it takes `byte`.
    private func width(at place: Int, taking byte: UInt8) -> Int? {
        guard place < pattern.count else { return nil }
        switch pattern[place] {
        case UInt8(ascii: "?"): return 1
        case UInt8(ascii: "["):
            guard let end = pattern[place...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let set = pattern[(place + 1)..<end]
            return Self.set(set, has: byte) ? end - place + 1 : nil
        case byte: return 1
        default: return nil
        }
    }

    private static func set(_ set: ArraySlice<UInt8>, has byte: UInt8) -> Bool {
        var index = set.startIndex
        while index < set.endIndex {
            if index + 2 < set.endIndex, set[index + 1] == UInt8(ascii: "-") {
                if set[index] <= byte, byte <= set[index + 2] { return true }
                index += 3
            } else {
                if set[index] == byte { return true }
                index += 1
            }
        }
        return false
    }
}
