import Slots
import Syscalls

/// The bytes of one partition, in whole blocks, past the page cache where that can be done.
///
/// Immutable, so any number of threads may use it; the kernel orders what they do.
final class Medium: Sendable {
    /// Which node the bytes go through.
    enum Route: Sendable, Hashable {
        /// The partition's own node.
        case ownNode
        /// The whole disk, or the image file, at an offset.
        case wholeDisk
    }

    let route: Route
    let size: Int
    /// Offsets and lengths of `read` and `write` are multiples of it, but for the very end.
    let unit: Int
    /// False when the file system under an image knows no direct I/O.
    let isDirect: Bool
    let isBlockDevice: Bool

    private let descriptor: Descriptor
    /// Where the partition starts in what `descriptor` opened.
    private let start: Int

    init(
        _ descriptor: consuming Descriptor,
        _ route: Route,
        start: Int,
        size: Int,
        unit: Int,
        isDirect: Bool,
        isBlockDevice: Bool
    ) {
        self.descriptor = descriptor
        self.route = route
        self.start = start
        self.size = size
        self.unit = unit
        self.isDirect = isDirect
        self.isBlockDevice = isBlockDevice
    }

    /// The smallest range of whole blocks around `range`.
    func blocks(around range: Range<Int>) -> Range<Int> {
        let first = range.lowerBound / unit * unit
        let end = (range.upperBound + unit - 1) / unit * unit
        return first..<min(end, size)
    }

    /// Reads whole blocks from the medium to the start of `buffer`.
    func read(_ blocks: Range<Int>, into buffer: inout AlignedBuffer) throws(DeviceError) {
        do throws(Errno) {
            if !isDirect { try descriptor.dropCache() }
            var target = buffer.mutablePrefix(blocks.count)
            let count = try descriptor.read(into: &target, at: start + blocks.lowerBound)
            guard count == blocks.count else { throw Errno.inputOutput }
        } catch {
            throw DeviceError(.read, at: blocks.lowerBound, code: error.code)
        }
    }

    /// Writes whole blocks from the start of `buffer`.
    func write(_ blocks: Range<Int>, from buffer: borrowing AlignedBuffer) throws(DeviceError) {
        try write(blocks, from: buffer.bytes.extracting(0..<blocks.count))
    }

    /// Writes whole blocks from memory as aligned as `unit` says.
    func write(_ blocks: Range<Int>, from source: Span<UInt8>) throws(DeviceError) {
        do { try descriptor.write(source, at: start + blocks.lowerBound) } catch {
            throw DeviceError(.write, at: blocks.lowerBound, code: error.code)
        }
    }

    /// Returns once everything written survives power loss.
    ///
    /// On a block device the kernel sends the device its flush command, past the page cache too.
    func flush() throws(DeviceError) {
        do { try descriptor.synchronizeContents() } catch {
            throw DeviceError(.flush, at: 0, code: error.code)
        }
    }

    /// A hint: a device that takes none is left as it is.
    func discard(_ blocks: Range<Int>) throws(DeviceError) {
        do throws(Errno) {
            if isBlockDevice {
                try descriptor.discardBlocks(shifted(blocks))
            } else {
                try descriptor.punchHole(shifted(blocks))
            }
        } catch {
            if error == .notSupported || error == .notThisKind { return }
            throw DeviceError(.discard, at: blocks.lowerBound, code: error.code)
        }
    }

    private func shifted(_ range: Range<Int>) -> Range<Int> {
        (start + range.lowerBound)..<(start + range.upperBound)
    }
}
