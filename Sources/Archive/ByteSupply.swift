/// Where the bytes of an archive come from: a connection, a file, a pipe.
public protocol ByteSupply<Failure>: AnyObject {
    associatedtype Failure: Error

    /// Calls `take` once with the next bytes, in order; with none at the end.
    ///
    /// *Shape*: any number of bytes, as they come. They are read after `take` has returned, so they
    /// must stay where they are until the next call of `supply` or the end of the reader: hand out
    /// a buffer that is only refilled here. Nothing is copied.
    func supply(_ take: (Span<UInt8>) -> Void) throws(Failure)
}
