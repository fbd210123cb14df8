public import Slots

/// The three copies of the record as three sectors far apart: the simplest store that keeps the
/// promises of `RecordStore`. `SystemPartition` keeps them on a real FAT.
public final class PlainRecordStore: RecordStore {
    public static let size = 3 << 20
    let disk: SimulatedDisk

    public init(disk: SimulatedDisk) { self.disk = disk }

    public static func offset(of copy: Int) -> Int { copy << 20 }

    public func readCopy(_ copy: Int) throws(RecordStoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: EnvironmentBlock.size)
        var span = bytes.mutableSpan
        do { try disk.read(into: &span, at: Self.offset(of: copy)) } catch {
            throw .device(error)
        }
        return bytes
    }

    public func writeCopy(_ copy: Int, _ block: [UInt8]) throws(RecordStoreError) {
        // One logical sector: everything that ever changes lies in the first 512 bytes. A torn
        // physical sector may have spoiled the padding behind them, which GRUB needs.
        let sector = Array(block[..<min(disk.sectorSize, block.count)])
        let padding = Array(block[sector.count...])
        do {
            let offset = Self.offset(of: copy)
            if !padding.isEmpty, try Array(readCopy(copy)[sector.count...]) != padding {
                try disk.write(padding.span, at: offset + sector.count)
                try disk.flush()
            }
            try disk.write(sector.span, at: offset)
            try disk.flush()
        } catch let error as DeviceError {
            throw .device(error)
        } catch let error as RecordStoreError {
            throw error
        } catch {
            preconditionFailure("a device or a store error")
        }
    }
}
