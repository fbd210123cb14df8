import Archive
import Slots

/// The stream as the archive reader sees it: one tar block at a time, so that the reader never
/// holds a byte that belongs to the root.
@safe
final class HeadFeed: ByteSupply {
    private let stream: BundleStream
    /// At a fixed address: the archive reader looks at it until it asks for more.
    private let block: UnsafeMutableBufferPointer<UInt8>

    init(_ stream: BundleStream) {
        self.stream = stream
        // Sound: freed in deinit; the reader that looks at it owns this object.
        unsafe block = .allocate(capacity: BundleLayout.block)
        unsafe block.initialize(repeating: 0)
    }

    deinit {
        // Sound: allocated in init.
        unsafe block.deallocate()
    }

    func supply(_ take: (Span<UInt8>) -> Void) throws(SourceError) {
        // Sound: the memory lives as long as self, and nobody else writes to it.
        var room = unsafe block.mutableSpan
        let count = try stream.read(into: &room)
        // Sound: as above.
        unsafe take(block.span.extracting(first: count))
    }
}
