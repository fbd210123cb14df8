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
        if range.lowerBound < start || range.upperBound > start + bytes.count {
            let from = range.lowerBound / SlotLayout.blockSize * SlotLayout.blockSize
            let count = min(max(Self.size, range.upperBound - from), limit - from)
            try fill(from..<(from + count))
        }
        let first = range.lowerBound - start
        return body(bytes.span.extracting(first..<(first + range.count)))
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
