import CArchive

/// What libarchive's read callback talks to: counts, limits, and remembers what went wrong.
///
/// A class without type parameters, so that a C function can find its way back to it; the supply
/// is known to the subclass.
@safe
class SupplyBridge {
    /// Bytes handed to libarchive so far.
    private(set) final var handed = 0
    /// True once the supply said that there is no more.
    private(set) final var ended = false
    /// libarchive gets no byte beyond this offset, and `limitReached` says that it asked.
    final var limit = Int.max
    private(set) final var limitReached = false

    // Handed out by the supply and valid until it is asked again; not yet given to libarchive.
    private final var rest = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

    /// Asks the supply. `nil` when it failed.
    func fetch() -> UnsafeRawBufferPointer? { nil }

    /// The next bytes under the limit; none at the end; `nil` when the supply failed or the limit
    /// was reached.
    final func next() -> UnsafeRawBufferPointer? {
        // Sound: only its count is looked at.
        if unsafe rest.isEmpty, !ended {
            // Sound: the supply keeps these bytes until `fetch` is called again.
            guard let block = unsafe fetch() else { return nil }
            unsafe rest = block
            ended = unsafe block.isEmpty
        }
        // Sound: nothing is left in it.
        guard !ended else { return unsafe rest }
        guard handed < limit else {
            limitReached = true
            return nil
        }
        // Sound: both parts lie within `rest`.
        let count = unsafe min(rest.count, limit - handed)
        let part = unsafe UnsafeRawBufferPointer(rebasing: rest[..<count])
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        handed += count
        // Sound: it stays in place until the supply is asked again.
        return unsafe part
    }
}

/// The bridge to one kind of supply.
@safe
final class TypedSupplyBridge<Supply: ByteSupply>: SupplyBridge {
    private let supply: Supply
    private(set) var failure: Supply.Failure?

    init(_ supply: Supply) { self.supply = supply }

    override func fetch() -> UnsafeRawBufferPointer? {
        // Sound: points nowhere.
        var block = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        do throws(Supply.Failure) {
            // Sound: `ByteSupply` promises that the bytes stay in place until the next call.
            try supply.supply { bytes in
                unsafe block = bytes.withUnsafeBytes { unsafe $0 }
            }
        } catch {
            failure = error
            return nil
        }
        // Sound: as above.
        return unsafe block
    }
}

/// libarchive's `archive_read_callback`: the context is a `SupplyBridge`, which outlives the
/// reader.
func readFromSupply(
    _ archive: OpaquePointer?,
    _ context: UnsafeMutableRawPointer?,
    _ buffer: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    // Sound: pointers are only compared with nil.
    guard let context = unsafe context, let buffer = unsafe buffer else {
        return Int(ARCHIVE_FATAL)
    }
    // Sound: the context was made from a bridge that the reader keeps alive.
    let bridge = unsafe Unmanaged<SupplyBridge>.fromOpaque(context).takeUnretainedValue()
    guard let block = unsafe bridge.next() else { return Int(ARCHIVE_FATAL) }
    // Sound: libarchive gave the place for one pointer; the bytes stay until it asks again.
    unsafe buffer.pointee = block.baseAddress
    return block.count
}
