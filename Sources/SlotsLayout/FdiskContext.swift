import CFdisk
import Glibc
import SlotsDisk
import Syscalls

/// libfdisk at work on one disk. It never asks, never prints and never syncs the whole machine.
@safe
final class FdiskContext {
    // fdisk_context*
    private let handle: OpaquePointer
    private let disk: Disk
    private let isWriting: Bool

    /// Reads what table there is. The disk's own descriptor is used, so its lock stays held.
    init(on disk: Disk, writing: Bool) throws(LayoutError) {
        do { try disk.forgetCache() } catch { throw .disk(error) }
        // Sound: the result is checked before it is kept.
        guard let handle = unsafe fdisk_new_context() else {
            preconditionFailure("there is memory for a context")
        }
        unsafe self.handle = handle
        self.disk = disk
        isWriting = writing
        let physical = UInt32(disk.physicalSectorSize)
        let logical = UInt32(disk.sectorSize)
        // Sound: the context is alive.
        try Self.check(.open, unsafe fdisk_disable_dialogs(handle, 1))
        if disk.kind == .image {
            try Self.check(.open, unsafe fdisk_save_user_sector_size(handle, physical, logical))
        }
        try Self.check(.open, unsafe fdisk_save_user_grain(handle, UInt(Layout.alignment)))
        let number = disk.descriptor.number
        // Sound: the string is for the call; the descriptor stays open as long as `disk`.
        let code = unsafe fdisk_assign_device_by_fd(handle, number, disk.path, writing ? 0 : 1)
        try Self.check(.open, code)
    }

    deinit {
        // A context that was given no device aborts the program when it is asked to give it back.
        // Sound: this object owns the context. 1: no sync(2); `write` flushed what it wrote.
        if unsafe fdisk_get_devfd(handle) >= 0 { unsafe fdisk_deassign_device(handle, 1) }
        unsafe fdisk_unref_context(handle)
    }

    /// libfdisk's name of the table's kind, such as `gpt` or `dos`; `nil` when there is none.
    var tableKind: String? {
        // Sound: the label belongs to the context and its name is constant.
        guard let label = unsafe fdisk_get_label(handle, nil),
            let name = unsafe fdisk_label_get_name(label)
        else { return nil }
        return unsafe String(cString: name)
    }

    /// The disk's own identity.
    func diskID() throws(LayoutError) -> GUID {
        var text: UnsafeMutablePointer<CChar>?
        // Sound: on success the text is ours to free.
        try Self.check(.read, unsafe fdisk_get_disklabel_id(handle, &text))
        defer { unsafe free(text) }
        guard let text = unsafe text, let id = GUID(unsafe String(cString: text)) else {
            throw .fdisk(step: .read, code: Errno.invalid.code)
        }
        return id
    }

    /// Starts an empty table; nothing is written yet. Old signatures will be wiped.
    func create(id: GUID) throws(LayoutError) {
        // Sound: the context is alive, and the strings are for the calls.
        try Self.check(.create, unsafe fdisk_enable_wipe(handle, 1))
        try Self.check(.create, unsafe fdisk_create_disklabel(handle, "gpt"))
        try Self.check(
            .create,
            unsafe fdisk_set_disklabel_id_from_string(handle, id.description)
        )
    }

    /// Adds a partition exactly where it says; nothing is written yet.
    func add(_ partition: Partition) throws(LayoutError) {
        let record = FdiskPartition()
        var number = 0
        // Sound: the type belongs to the context's label, which is alive.
        unsafe try record.fill(
            partition,
            sectorSize: disk.sectorSize,
            type: type(partition.type)
        )
        // Sound: all are alive for the call; libfdisk copies what it needs.
        try Self.check(.add, unsafe fdisk_add_partition(handle, record.handle, &number))
        guard number == partition.number - 1 else {
            throw .fdisk(step: .add, code: Errno.exists.code)
        }
        // Old file systems there must not come to life. Sound: the context is alive.
        try Self.check(.add, unsafe fdisk_wipe_partition(handle, number, 1))
    }

    /// Changes how long a partition is; nothing is written yet.
    func resize(_ number: Int, to byteCount: Int) throws(LayoutError) {
        let record = FdiskPartition()
        try record.fill(sectorCount: byteCount / disk.sectorSize)
        // Sound: both are alive for the call; libfdisk copies what it needs.
        try Self.check(.change, unsafe fdisk_set_partition(handle, number - 1, record.handle))
    }

    /// Gives the disk another identity; nothing is written yet.
    func identify(_ id: GUID) throws(LayoutError) {
        // Sound: the context is alive, and the string is for the call.
        try Self.check(
            .change,
            unsafe fdisk_set_disklabel_id_from_string(handle, id.description)
        )
    }

    /// Gives a partition another identity or name; nothing is written yet.
    func change(_ number: Int, id: GUID? = nil, name: String? = nil) throws(LayoutError) {
        let record = FdiskPartition()
        try record.fill(id: id, name: name)
        // Sound: both are alive for the call; libfdisk copies what it needs.
        try Self.check(.change, unsafe fdisk_set_partition(handle, number - 1, record.handle))
    }

    /// Every partition there is.
    func partitions() throws(LayoutError) -> [Partition] {
        var found: [Partition] = []
        // Sound: the context is alive.
        for index in 0..<(unsafe fdisk_get_npartitions(handle)) {
            guard unsafe fdisk_is_partition_used(handle, index) == 1 else { continue }
            let record = unsafe try FdiskPartition(of: handle, index)
            found.append(try record.value(sectorSize: disk.sectorSize))
        }
        return found
    }

    /// Bytes after the last one a partition may use.
    var usableEnd: Int {
        // Sound: the context is alive.
        (Int(unsafe fdisk_get_last_lba(handle)) + 1) * disk.sectorSize
    }

    /// Writes backup, then primary; durable when it returns.
    func write() throws(LayoutError) {
        precondition(isWriting, "a context for reading writes nothing")
        // Sound: the context is alive.
        try Self.check(.write, unsafe fdisk_write_disklabel(handle))
        do { try disk.descriptor.synchronize() } catch {
            throw .fdisk(step: .write, code: error.code)
        }
    }

    private func type(_ type: GUID) throws(LayoutError) -> OpaquePointer {
        // Sound: the label belongs to the context, and the type to the label.
        guard let label = unsafe fdisk_get_label(handle, nil),
            let found = unsafe fdisk_label_get_parttype_from_string(
                label,
                type.description.uppercased()
            )
        else { throw .fdisk(step: .add, code: Errno.invalid.code) }
        // Sound: handed to a caller that uses it while the context is alive.
        return unsafe found
    }

    /// libfdisk returns errors as negative errno numbers.
    static func check(_ step: LayoutError.Step, _ code: CInt) throws(LayoutError) {
        if code < 0 { throw .fdisk(step: step, code: -code) }
    }
}
