import Slots
import Testing

@Suite("Words in a text")
struct TextSearchTests {
    @Test(
        "are found where they stand first",
        arguments: [
            ("", "", 0), ("a", "", 0), ("", "a", nil), ("abc", "abc", 0), ("aabc", "abc", 1),
            ("abab", "ab", 0), ("aaab", "aab", 1), ("ab", "abc", nil), ("über", "ber", 2),
            ("1::2::3", "::", 1),
        ] as [(String, String, Int?)]
    )
    func place(_ text: String, _ words: String, _ offset: Int?) {
        let place = text.place(of: words)
        let found = place.map { text.utf8.distance(from: text.startIndex, to: $0.lowerBound) }
        #expect(found == offset)
        if let place { #expect(String(text[place]) == words) }
        #expect(text.holds(words) == (offset != nil))
    }

    @Test("in every short text of two letters it says what a plain comparison says")
    func everyShortText() {
        let texts = (0...5).flatMap { count in
            (0..<(1 << count)).map { bits in
                String((0..<count).map { bits >> $0 & 1 == 0 ? "a" : "b" })
            }
        }
        for text in texts {
            for words in texts {
                let letters = Array(text)
                let first = (0...letters.count).first {
                    letters[$0...].starts(with: Array(words))
                }
                let place = text.place(of: words)
                let found = place.map { text.distance(from: text.startIndex, to: $0.lowerBound) }
                #expect(found == first, "\(words) in \(text)")
            }
        }
    }

    @Test("a part of a text is searched in that part alone")
    func slice() {
        let text = "--abc--abc"
        #expect(text.dropFirst(3).place(of: "abc")?.lowerBound == text.lastIndex(of: "a"))
        #expect(!text.dropLast().dropFirst(3).holds("abc"))
    }
}
