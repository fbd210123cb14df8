import CArchive

/// What an archive is packed with.
public enum Compression: Sendable, Hashable {
    case none
    /// RFC 1952, without a name or a time, so that the same members give the same bytes.
    case gzip
}

/// Writes a tar archive that is the same bytes for the same members.
///
/// ustar; every member a plain file of mode 0444, user and group 0 without names, time 0; blocks
/// of 512 bytes and exactly two of zeros at the end. So the size, before compression, is the sum of
/// 512 + size rounded up to 512 for each member, and 1024.
@safe
public final class TarWriter<Failure: Error> {
    // struct archive*
    private let handle: OpaquePointer
    private let bridge: TypedSinkBridge<Failure>
    private var name = ""
    private var missing = 0

    /// `sink` gets the archive's bytes, in order. It does not keep the span.
    public init(
        compression: Compression = .none,
        sink: @escaping (Span<UInt8>) throws(Failure) -> Void
    ) throws(ArchiveError<Failure>) {
        bridge = TypedSinkBridge(sink)
        // Sound: takes nothing; the result is checked.
        guard let made = unsafe archive_write_new() else {
            preconditionFailure("there is memory for an archive writer")
        }
        // Sound: this object owns it from here on; makes a pointer, follows none.
        unsafe handle = made
        let context = unsafe Unmanaged.passUnretained(bridge as SinkBridge).toOpaque()
        let isPlain = compression == .none
        // Sound: only the handle and constant strings, which live for the calls.
        let filter =
            unsafe isPlain
            ? [archive_write_add_filter_none(made)]
            : [
                archive_write_add_filter_gzip(made),
                archive_write_set_filter_option(made, "gzip", "timestamp", nil),
            ]
        // Sound: the bridge lives as long as this object, which frees the handle first.
        let status =
            unsafe filter + [
                archive_write_set_format_ustar(made),
                archive_write_set_bytes_per_block(made, 512),
                archive_write_set_bytes_in_last_block(made, 512),
                archive_write_open(made, context, nil, writeToSink, nil),
            ]
        guard status.allSatisfy({ $0 == ARCHIVE_OK }) else { throw error() }
    }

    deinit {
        bridge.isClosed = true
        // Sound: this object owns the handle; the bridge is still alive and takes no more bytes.
        unsafe archive_write_free(handle)
    }

    /// Begins a member of exactly `size` bytes.
    ///
    /// Throws `.fault(.unwritable)` for a name longer than ustar holds and for 8 GiB or more.
    ///
    /// - Precondition: every byte of the member before was written.
    public func begin(_ name: String, size: Int) throws(ArchiveError<Failure>) {
        precondition(missing == 0, "a member is written whole before the next begins")
        self.name = name
        // Sound: the entry is made, filled and freed here.
        guard let entry = unsafe archive_entry_new() else {
            preconditionFailure("there is memory for an archive entry")
        }
        // Sound: frees the entry of the line above, once.
        defer { unsafe archive_entry_free(entry) }
        // Sound: the entry is alive; libarchive copies the name.
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_size(entry, Int64(size))
        // Sound: sets a number of the entry.
        unsafe archive_entry_set_filetype(entry, UInt32(keel_ae_file))
        unsafe archive_entry_set_perm(entry, 0o444)
        // Sound: nobody's file, of no time: numbers of the entry again.
        unsafe archive_entry_set_uid(entry, 0)
        unsafe archive_entry_set_gid(entry, 0)
        unsafe archive_entry_set_mtime(entry, 0, 0)
        // Sound: libarchive reads the entry during the call.
        guard unsafe archive_write_header(handle, entry) == ARCHIVE_OK else { throw error() }
        missing = size
    }

    /// Adds the next bytes of the member.
    ///
    /// - Precondition: they are not more than the member has left.
    public func write(_ bytes: Span<UInt8>) throws(ArchiveError<Failure>) {
        precondition(bytes.count <= missing, "a member gets no more bytes than it was begun with")
        guard !bytes.isEmpty else { return }
        // Sound: libarchive reads `count` bytes during the call.
        let count = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe archive_write_data(handle, bytes.baseAddress, bytes.count)
        }
        guard count == bytes.count else { throw error() }
        missing -= bytes.count
    }

    /// Ends the archive. Every byte has gone to the sink when it returns.
    ///
    /// - Precondition: every byte of the last member was written.
    public func finish() throws(ArchiveError<Failure>) {
        precondition(missing == 0, "a member is written whole before the archive ends")
        // Sound: flushes and ends; the handle is freed later.
        guard unsafe archive_write_close(handle) == ARCHIVE_OK else { throw error() }
    }

    private func error() -> ArchiveError<Failure> {
        if let failure = bridge.failure { return .outside(failure) }
        // Sound: the text is libarchive's, valid until its next call, copied here.
        let reason =
            unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? "unknown"
        return .fault(.unwritable(name: name, reason: reason))
    }
}
