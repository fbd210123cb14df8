import Slots
import SlotsDisk
import SlotsLayout
import Syscalls

/// What the node was given when its disk was made, on its way into the data partition.
///
/// It is put there with the file system, so that there is never a data partition without it; then
/// it is erased where it was. Between the two it stands twice, and the next run erases it.
struct Given {
    let partition: Partition
    let disk: Disk

    init(_ partition: Partition, of disk: Disk) {
        self.partition = partition
        self.disk = disk
    }

    /// Writes the files below `folder`, for `mke2fs -d`; false when nothing was given.
    func lay(in folder: String) throws(Provisioning.Stop) -> Bool {
        switch try find() {
        case .nothing: return false
        case .damaged:
            throw Provisioning.Stop(
                .absent,
                "\(Layout.givenName) is damaged: the node was given something that cannot be read "
                    + "any more, and is not made without it. Make its disk again."
            )
        case .files(let given):
            do throws(Errno) {
                try Directory.create(folder)
                for path in Self.folders(of: given) { try Directory.create("\(folder)/\(path)") }
                for (name, text) in given.files {
                    let path = "\(folder)/\(name)"
                    try File.writeAtomically(Array(text.utf8).span, to: path, permissions: 0o600)
                }
            } catch {
                throw Provisioning.Stop(
                    .absent,
                    "What the node was given could not be read out to \(folder): \(error)."
                )
            }
            return true
        }
    }

    /// Takes away what `lay` wrote. Throws nothing: it lies in memory, for nobody but root.
    static func remove(_ folder: String) {
        for name in GivenFiles.names { do { try File.remove("\(folder)/\(name)") } catch {} }
        let folders = GivenFiles.names.compactMap(Self.folder)
        for path in Set(folders) { do { try Directory.remove("\(folder)/\(path)") } catch {} }
        do { try Directory.remove(folder) } catch {}
    }

    /// Leaves zeros, durably. Why not, or `nil`.
    func erase() -> String? {
        do {
            let bytes = try disk.bytes(range)
            guard bytes.contains(where: { $0 != 0 }) else { return nil }
            let file = try Descriptor(opening: disk.path, for: .both)
            let blank = [UInt8](repeating: 0, count: range.count)
            try file.write(blank.span, at: range.lowerBound)
            try file.synchronize()
            return nil
        } catch {
            return "What the node was given could not be erased from \(Layout.givenName): "
                + "\(Provisioning.words(error, disk.path))."
        }
    }

    private var range: Range<Int> {
        let start = partition.range.lowerBound
        return start..<min(partition.range.upperBound, start + GivenFiles.size)
    }

    private func find() throws(Provisioning.Stop) -> GivenFiles.Found {
        do { return GivenFiles.find(in: try disk.bytes(range)) } catch {
            throw Provisioning.Stop(.absent, error.sentence)
        }
    }

    private static func folders(of given: GivenFiles) -> Set<String> {
        Set(given.files.keys.compactMap(folder))
    }

    private static func folder(of name: String) -> String? {
        name.lastIndex(of: "/").map { String(name[..<$0]) }
    }
}
