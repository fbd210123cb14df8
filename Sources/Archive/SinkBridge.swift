import CArchive

/// What libarchive's write callback talks to. See `SupplyBridge`.
class SinkBridge {
    /// Takes no more bytes once set: what libarchive still holds is dropped.
    final var isClosed = false

    /// False when the sink failed.
    func put(_ bytes: Span<UInt8>) -> Bool { false }
}

/// The bridge to one kind of sink.
final class TypedSinkBridge<Failure: Error>: SinkBridge {
    private let sink: (Span<UInt8>) throws(Failure) -> Void
    private(set) var failure: Failure?

    init(_ sink: @escaping (Span<UInt8>) throws(Failure) -> Void) { self.sink = sink }

    override func put(_ bytes: Span<UInt8>) -> Bool {
        guard failure == nil else { return false }
        do throws(Failure) {
            try sink(bytes)
        } catch {
            failure = error
        }
        return failure == nil
    }
}

/// libarchive's `archive_write_callback`: the context is a `SinkBridge`, which outlives the writer.
func writeToSink(
    _ archive: OpaquePointer?,
    _ context: UnsafeMutableRawPointer?,
    _ buffer: UnsafeRawPointer?,
    _ count: Int
) -> Int {
    // Sound: a pointer is only compared with nil.
    guard let context = unsafe context else { return -1 }
    // Sound: the context was made from a bridge that the writer keeps alive.
    let bridge = unsafe Unmanaged<SinkBridge>.fromOpaque(context).takeUnretainedValue()
    guard !bridge.isClosed else { return count }
    // Sound: libarchive lends `count` bytes for the call.
    let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: count)
    return unsafe bridge.put(bytes.bindMemory(to: UInt8.self).span) ? count : -1
}
