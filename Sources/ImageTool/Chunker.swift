/// Cuts a stream of bytes where its content says so: FastCDC with normalized chunking, level 2.
///
/// The same bytes are cut at the same places whatever stands before them, so a change moves only
/// the cuts around it. Nodes never cut: they take the cuts from the signed index, so a better
/// chunker may replace this one at any time.
///
/// | parameter | value |
/// |--|--|
/// | fingerprint | `f = (f << 1) + gear[byte]` over 64 bits; the top bits cover the last 64 bytes |
/// | cut | when the top n bits of f are zero |
/// | n | log2(average) + 2 up to the normal point, then log2(average) - 2 |
/// | minimum, maximum | average / 4, average x 4 |
/// | normal point | 13/16 of the average: then the mean over random bytes is the average |
///
/// Source: Xia et al., "FastCDC", USENIX ATC 2016, sections 3.3 to 3.5.
struct Chunker {
    static let algorithm = "fastcdc"
    /// Powers of two only: n must be a whole number.
    static let averages = [4096, 8192, 16384, 32768, 65536, 131_072, 262_144]

    let minimum: Int
    let average: Int
    let maximum: Int
    private let normal: Int
    private let strict: UInt64
    private let loose: UInt64
    private let gear: [UInt64]

    /// Bytes of the current chunk so far, and their fingerprint.
    private var length = 0
    private var fingerprint: UInt64 = 0

    /// - Precondition: `average` is one of `averages`.
    init(average: Int) {
        precondition(Self.averages.contains(average), "the average is a power of two in range")
        self.average = average
        minimum = average / 4
        maximum = average * 4
        normal = average / 16 * 13
        let bits = average.trailingZeroBitCount
        strict = ~0 << UInt64(64 - bits - 2)
        loose = ~0 << UInt64(64 - bits + 2)
        gear = GearTable.values
    }

    /// Looks for the end of the current chunk in the next bytes of the stream.
    ///
    /// Answers how many of `bytes` still belong to the chunk, and begins a new one after them;
    /// `nil` when all of them do and it goes on.
    mutating func cut(in bytes: Span<UInt8>) -> Int? {
        var offset = min(max(0, minimum - length), bytes.count)
        length += offset
        if let end = search(bytes, from: &offset, upTo: normal, mask: strict)
            ?? search(bytes, from: &offset, upTo: maximum, mask: loose)
        {
            begin()
            return end
        }
        guard length == maximum else { return nil }
        begin()
        return offset
    }

    private mutating func begin() {
        length = 0
        fingerprint = 0
    }

    /// Moves `offset` on until the chunk has `limit` bytes, `bytes` end, or `mask` says to cut.
    private mutating func search(
        _ bytes: Span<UInt8>,
        from offset: inout Int,
        upTo limit: Int,
        mask: UInt64
    ) -> Int? {
        let start = offset
        let end = min(bytes.count, start + max(0, limit - length))
        var position = start
        var value = fingerprint
        while position < end {
            value = value << 1 &+ gear[Int(bytes[position])]
            position += 1
            if value & mask == 0 {
                return position
            }
        }
        fingerprint = value
        length += end - start
        offset = end
        return nil
    }
}
