import CFdisk
import Syscalls

/// One partition as libfdisk holds it.
@safe
struct FdiskPartition: ~Copyable {
    // fdisk_partition*
    let handle: OpaquePointer

    /// An empty one.
    init() {
        // Sound: the result is checked before it is kept.
        guard let made = unsafe fdisk_new_partition() else {
            preconditionFailure("there is memory for a partition")
        }
        unsafe handle = made
    }

    /// The one at `index` of a context's table.
    init(of context: OpaquePointer, _ index: Int) throws(LayoutError) {
        var found: OpaquePointer?
        // Sound: on success libfdisk gives a reference of our own.
        try FdiskContext.check(.read, unsafe fdisk_get_partition(context, index, &found))
        guard let found = unsafe found else { throw .fdisk(step: .read, code: Errno.invalid.code) }
        unsafe handle = found
    }

    deinit {
        // Sound: this value owns one reference.
        unsafe fdisk_unref_partition(handle)
    }

    /// Takes over all of `partition`; `type` is a `fdisk_parttype*`.
    func fill(
        _ partition: Partition,
        sectorSize: Int,
        type: OpaquePointer
    ) throws(LayoutError) {
        let start = UInt64(partition.range.lowerBound / sectorSize)
        let number = partition.number - 1
        let id = partition.id.description
        // Sound: the partition is alive; libfdisk copies the strings and takes its own reference
        // to the type.
        try FdiskContext.check(.add, unsafe fdisk_partition_set_partno(handle, number))
        try FdiskContext.check(.add, unsafe fdisk_partition_set_start(handle, start))
        try FdiskContext.check(.add, unsafe fdisk_partition_set_name(handle, partition.name))
        try FdiskContext.check(.add, unsafe fdisk_partition_set_uuid(handle, id))
        try FdiskContext.check(.add, unsafe fdisk_partition_set_type(handle, type))
        try fill(sectorCount: partition.range.count / sectorSize)
    }

    /// Sets what is given.
    func fill(id: GUID?, name: String?) throws(LayoutError) {
        if let id = id?.description {
            // Sound: the partition is alive; libfdisk copies the string.
            try FdiskContext.check(.change, unsafe fdisk_partition_set_uuid(handle, id))
        }
        if let name {
            // Sound: as above.
            try FdiskContext.check(.change, unsafe fdisk_partition_set_name(handle, name))
        }
    }

    /// Sets the length, exactly.
    func fill(sectorCount: Int) throws(LayoutError) {
        // Sound: the partition is alive.
        try FdiskContext.check(.add, unsafe fdisk_partition_set_size(handle, UInt64(sectorCount)))
        try FdiskContext.check(.add, unsafe fdisk_partition_size_explicit(handle, 1))
    }

    /// What it says.
    func value(sectorSize: Int) throws(LayoutError) -> Partition {
        // Sound: the partition is alive, and the strings belong to it: they are copied at once.
        let type = unsafe fdisk_partition_get_type(handle)
        let name = unsafe fdisk_partition_get_name(handle)
        guard let typeText = unsafe fdisk_parttype_get_string(type),
            let idText = unsafe fdisk_partition_get_uuid(handle),
            let typeID = GUID(unsafe String(cString: typeText)),
            let id = GUID(unsafe String(cString: idText)),
            unsafe fdisk_partition_has_start(handle) == 1,
            unsafe fdisk_partition_has_size(handle) == 1
        else { throw .fdisk(step: .read, code: Errno.invalid.code) }
        let start = Int(unsafe fdisk_partition_get_start(handle))
        let count = Int(unsafe fdisk_partition_get_size(handle))
        return Partition(
            number: Int(unsafe fdisk_partition_get_partno(handle)) + 1,
            name: unsafe name.map { unsafe String(cString: $0) } ?? "",
            type: typeID,
            id: id,
            range: (start * sectorSize)..<((start + count) * sectorSize)
        )
    }
}
