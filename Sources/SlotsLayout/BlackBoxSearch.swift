public import Slots
public import SlotsDisk
import Syscalls

extension BlackBoxRing {
    /// The accounts in the black box of a node's disk, the newest boot first; none where there is
    /// no data partition, or one without a black box. Nothing is locked.
    public static func accounts(
        onDisk path: String,
        hashing: any Hashing
    ) throws(NodeDiskError) -> [Account] {
        let data: Partition?
        do {
            let disk = try Disk(opening: path, for: .reading)
            data = try Layout.find(on: disk, acceptingBackup: true).data
        } catch let error as DiskError {
            throw .disk(error)
        } catch let error as LayoutError {
            throw .layout(path, error)
        } catch {
            preconditionFailure("a disk error or a refusal")
        }
        guard let data, data.name == Layout.dataName else { return [] }
        let device: BlackBoxDevice
        do {
            device = try BlackBoxDevice(opening: path, partition: data.range, for: .reading)
        } catch .outside {
            return []
        } catch {
            throw .disk(error)
        }
        do { return try BlackBoxRing(on: device, hashing: hashing).accounts() } catch {
            throw .file("read", "the black box of \(path)", Errno(error.code))
        }
    }
}
