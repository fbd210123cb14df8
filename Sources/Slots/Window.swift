/// Reads a device through one moving window, so that many small reads in a row cost few large ones.
struct Window {
    private static let size = 1 << 19

    private let device: any BlockDevice
    private let limit: Int
    private var bytes: [UInt8] = []
    private var start = 0

    /// Reads nothing at or after `limit`.
    init(on device: any BlockDevice, limit: Int) {
        self.device = device
        self.limit = min(limit, device.size)
    }

    /// Hands the bytes of `range` to `body`.
    ///
    /// - Precondition: `range` is as long as a chunk may be.
    mutating func withBytes<Result>(
        in range: Range<Int>,
        _ body: (Span<UInt8>) -> Result
    ) throws(DeviceError) -> Result? {
        guard range.upperBound <= limit else { return nil }
        try move(to: range)
        let first = range.lowerBound - start
        return body(bytes.span.extracting(first..<(first + range.count)))
    }

    private mutating func move(to range: Range<Int>) throws(DeviceError) {
        guard range.lowerBound < start || range.upperBound > start + bytes.count else { return }
        let from = range.lowerBound / SlotLayout.blockSize * SlotLayout.blockSize
        let count = min(max(Self.size, range.upperBound - from), limit - from)
        try fill(from..<(from + count))
    }

    /// Copies the bytes of `range` to `place` of `buffer`; false when they lie beyond the limit.
    mutating func copy(
        _ range: Range<Int>,
        to buffer: inout [UInt8],
        at place: Range<Int>
    ) throws(DeviceError) -> Bool {
        guard range.upperBound <= limit else { return false }
        try move(to: range)
        let first = range.lowerBound - start
        buffer.replaceSubrange(place, with: bytes[first..<(first + range.count)])
        return true
    }

    /// A window that could not be read holds nothing.
    private mutating func fill(_ range: Range<Int>) throws(DeviceError) {
        var fresh = bytes.count == range.count ? bytes : [UInt8](repeating: 0, count: range.count)
        bytes = []
        var span = fresh.mutableSpan
        try device.read(into: &span, at: range.lowerBound)
        start = range.lowerBound
        bytes = fresh
    }
}
