import CArchive

/// Reads a tar archive as it comes, one member after the other, in one pass and bounded memory.
///
/// Understands what libarchive's tar reader does (ustar, pax, GNU), uncompressed only. Nothing is
/// written anywhere, and no name is followed: what a member means is the caller's decision.
/// Sources: `libarchive-formats(5)`, POSIX.1-2017 `pax`, "ustar Interchange Format".
@safe
public final class TarReader<Supply: ByteSupply> {
    public typealias Failure = Supply.Failure

    // struct archive*
    private let handle: OpaquePointer
    private let bridge: TypedSupplyBridge<Supply>
    private let limits: TarLimits
    private var isOpen = false
    private var hasEnded = false
    private var members = 0
    private var member: TarMember?
    private var delivered = 0
    /// Where the end mark belongs: after the last member.
    private var end = 0
    private var broken: ArchiveError<Failure>?

    /// Reads nothing yet.
    public init(_ supply: Supply, limits: TarLimits) {
        bridge = TypedSupplyBridge(supply)
        self.limits = limits
        // Sound: takes nothing; the result is checked.
        guard let made = unsafe archive_read_new() else {
            preconditionFailure("there is memory for an archive reader")
        }
        // Sound: this object owns it from here on.
        unsafe handle = made
    }

    deinit {
        // Sound: this object owns the handle; the bridge is still alive.
        unsafe archive_read_free(handle)
    }

    /// Bytes of the archive that were taken in so far.
    public var position: Int {
        // Sound: asks for a number only.
        Int(unsafe archive_filter_bytes(handle, 0))
    }

    /// Passes over what is left of the current member and reads the next one's header.
    /// `nil` at the end of the archive, which `finish()` then proves to be one.
    ///
    /// Throws `.outside` when the supply fails, `.fault` for anything that is not a tar archive
    /// within the limits. After an error only the same error follows.
    public func nextMember() throws(ArchiveError<Failure>) -> TarMember? {
        if let broken { throw broken }
        guard !hasEnded else { return nil }
        try open()
        let start = member?.end ?? 0
        bridge.limit = start > Int.max - limits.headerLength ? Int.max : start + limits.headerLength
        member = nil
        delivered = 0
        var entry: OpaquePointer?
        // Sound: libarchive lends an entry that stays until the next header is read.
        let status = unsafe archive_read_next_header(handle, &entry)
        if status == ARCHIVE_EOF {
            hasEnded = true
            return nil
        }
        // Sound: a pointer is only compared with nil.
        guard status == ARCHIVE_OK, let entry = unsafe entry else { throw cause() }
        members += 1
        guard members <= limits.members else {
            throw fault(.tooManyMembers(limit: limits.members))
        }
        // Sound: the entry is alive until the next header is read.
        let read = unsafe try describe(entry)
        member = read
        bridge.limit = Int.max
        return read
    }

    /// Fills `buffer` with the next bytes of the current member, as far as there are any.
    ///
    /// Answers how many; 0 once the member is at its end, and for an empty buffer.
    public func read(
        into buffer: inout MutableSpan<UInt8>
    ) throws(ArchiveError<Failure>) -> Int {
        if let broken { throw broken }
        guard let member, !buffer.isEmpty else { return 0 }
        // Sound: libarchive writes at most `count` bytes and says how many.
        let count = unsafe buffer.withUnsafeMutableBufferPointer { room in
            unsafe archive_read_data(handle, room.baseAddress, room.count)
        }
        guard count >= 0 else { throw cause() }
        delivered += count
        guard count < buffer.count, delivered != member.size else { return count }
        throw fault(.wrongSize(name: member.name, found: delivered, expected: member.size))
    }

    /// Proves that the archive ends with two blocks of zeros and that the supply ends there too.
    /// Answers the size of the archive in bytes.
    ///
    /// - Precondition: `nextMember()` answered `nil`.
    public func finish() throws(ArchiveError<Failure>) -> Int {
        precondition(hasEnded, "an archive is finished after its last member")
        let size = position
        guard size >= end + 1024 else { throw fault(.noEndMark(offset: end)) }
        bridge.limit = Int.max
        // Sound: only counts are looked at, never the bytes.
        while bridge.handed == size, !bridge.ended {
            guard unsafe bridge.next() != nil else { throw cause() }
        }
        guard bridge.handed == size else { throw fault(.trailing(offset: size)) }
        return size
    }

    private func open() throws(ArchiveError<Failure>) {
        guard !isOpen else { return }
        isOpen = true
        // Sound: makes a pointer, follows none.
        let context = unsafe Unmanaged.passUnretained(bridge as SupplyBridge).toOpaque()
        // Sound: the bridge lives as long as this object, which frees the handle first.
        let status = unsafe [
            archive_read_support_format_tar(handle),
            archive_read_set_read_callback(handle, readFromSupply),
            archive_read_set_callback_data(handle, context),
            archive_read_open1(handle),
        ]
        guard status.allSatisfy({ $0 == ARCHIVE_OK }) else { throw cause() }
    }

    private func describe(_ entry: OpaquePointer) throws(ArchiveError<Failure>) -> TarMember {
        // Sound: the entry is alive; the name is a C string of its own, copied here.
        guard let name = unsafe archive_entry_pathname(entry).map({ unsafe String(cString: $0) }),
            !name.isEmpty
        else { throw fault(.malformed(reason: "a member without a name")) }
        guard name.utf8.count <= limits.nameLength else {
            throw fault(.nameTooLong(limit: limits.nameLength))
        }
        // Sound: asks for numbers only.
        guard unsafe archive_entry_sparse_count(entry) == 0 else {
            throw fault(.sparse(name: name))
        }
        // Sound: asks for a number only.
        let size = Int(unsafe archive_entry_size(entry))
        guard size >= 0 else { throw fault(.malformed(reason: "a member of negative size")) }
        // Sound: asks for the kind of an entry that is alive, and for a number.
        let kind = unsafe kind(of: entry)
        let headerOffset = Int(unsafe archive_read_header_position(handle))
        let read = TarMember(
            name: name,
            kind: kind,
            size: size,
            headerOffset: headerOffset,
            contentOffset: position
        )
        end = read.end
        return read
    }

    private func kind(of entry: OpaquePointer) -> TarMember.Kind {
        // Sound: the entry is alive; only asked whether there is a target.
        guard unsafe archive_entry_hardlink(entry) == nil else { return .hardlink }
        // Sound: asks for a number only.
        switch Int(unsafe archive_entry_filetype(entry)) & keel_ae_mask {
        case keel_ae_file: return .file
        case keel_ae_directory: return .directory
        case keel_ae_symlink: return .symlink
        case keel_ae_character, keel_ae_block: return .device
        case keel_ae_pipe: return .pipe
        case keel_ae_socket: return .socket
        default: return .unknown
        }
    }

    private func fault(_ fault: ArchiveFault) -> ArchiveError<Failure> {
        broken = .fault(fault)
        return .fault(fault)
    }

    /// What the last failed call meant.
    private func cause() -> ArchiveError<Failure> {
        if let failure = bridge.failure {
            broken = .outside(failure)
            return .outside(failure)
        }
        if bridge.limitReached { return fault(.headersTooLong(limit: limits.headerLength)) }
        // Sound: the text is libarchive's, valid until its next call, copied here.
        let reason =
            unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? "unknown"
        if members == 0 { return fault(.notAnArchive(reason: reason)) }
        if bridge.ended { return fault(.truncated(offset: bridge.handed)) }
        return fault(.malformed(reason: reason))
    }
}
