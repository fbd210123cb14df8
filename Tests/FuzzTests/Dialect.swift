/// What the mutator knows of a format.
struct Dialect: Sendable {
    /// A number at a fixed place.
    struct Field: Sendable {
        let offset: Int
        /// Bytes, little-endian.
        let width: Int

        init(_ offset: Int, _ width: Int) {
            self.offset = offset
            self.width = width
        }
    }

    /// No input is longer.
    var limit: Int
    /// Words of the format: put in, put over, put in each other's place.
    var tokens: [[UInt8]] = []
    /// Lengths, counts and places.
    var fields: [Field] = []
    /// Regions are cut at multiples of it as often as anywhere.
    var unit = 1

    init(limit: Int, tokens: [String] = [], fields: [Field] = [], unit: Int = 1) {
        self.limit = limit
        self.tokens = tokens.map { Array($0.utf8) }
        self.fields = fields
        self.unit = unit
    }

    /// What JSON is made of.
    static let json = [
        "{", "}", "[", "]", "\"", ":", ",", ", ", "\\", "\\\"", "\\u0000", "\\ud83d", "\\ude00",
        "\\u00e9", "e\u{301}", "\u{e9}", "\u{212a}", "0", "-1", "1.0", "1e9", "null", "true",
        "\"\"",
        "\"a\":1,", "9007199254740992", "9007199254740993", "18446744073709551616", "\n", " ",
    ]
}
