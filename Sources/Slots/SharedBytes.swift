/// Bytes that stay as they are and where they are for as long as anybody holds them, so that
/// several threads may hash and write them without a copy of their own.
public protocol SharedBytes: AnyObject, Sendable {
    /// Bytes at the start that were handed out before; they are there for whoever writes whole
    /// sectors.
    var lead: Int { get }

    /// Bytes, `lead` included.
    var count: Int { get }

    func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result
}

/// Bytes of an array.
public final class ArrayBytes: SharedBytes {
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var lead: Int { 0 }
    public var count: Int { bytes.count }

    public func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = bytes
        let span = bytes.span
        return try body(span)
    }
}

extension ImageSource {
    /// For a source that keeps nothing.
    public func lend(_ count: Int) throws(SourceError) -> (any SharedBytes)? { nil }
}

extension SectorDevice {
    /// For a device that copies what it is given.
    public func write(
        _ bytes: any SharedBytes,
        _ part: Range<Int>,
        at offset: Int
    ) throws(DeviceError) {
        try bytes.withBytes { (all) throws(DeviceError) in
            try write(all.extracting(part), at: offset)
        }
    }
}
