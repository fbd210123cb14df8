import Slots
import SlotsDisk
import SlotsLayout
import Syscalls

/// What `keel-provision` does, in order. Each step can be cut short at any moment: the next run
/// finds the table as it was or as it became, and goes on from there.
///
/// 1. The table's copies are made whole again from the one that is sound.
/// 2. Without a data partition: the first boot. One change of the table gives disk and partitions
///    identities of their own, follows the disk to its end, and adds `KEELOS_DATA_NEW`.
/// 3. The kernel is told.
/// 4. `KEELOS_DATA_NEW`: file system and black box are made and flushed, with whatever the node was
///    given in it, then it gets its name.
/// 5. What the node was given is erased where it was.
/// 6. `KEELOS_DATA`: its journal is replayed, and what can be mended unasked is mended.
struct Provisioning {
    /// Ends the work with an answer.
    struct Stop: Error {
        let answer: Answer

        init(_ state: Answer.State, _ sentence: String) { answer = Answer(state, sentence) }
    }

    let path: String
    let partition: String?
    let word: BootWord
    let tools = FileSystemTools()
    /// How long another writer of the disk is waited for.
    private static let patience = Duration.seconds(10)

    init(disk: String, partition: String?, runFolder: String) {
        path = disk
        self.partition = partition
        word = BootWord(folder: runFolder)
    }

    func run() -> Answer {
        do throws(Stop) { return try work() } catch { return error.answer }
    }

    private func work() throws(Stop) -> Answer {
        let disk = try attempt { () throws(DiskError) in
            try Disk(opening: path, for: .writing(wait: Self.patience))
        }
        var layout = try attempt { () throws(LayoutError) in
            try Layout.find(on: disk, acceptingBackup: true)
        }
        let slot = try ownSlot(of: layout)
        // Also what a run left that was cut short.
        defer { if layout.given != nil { Given.remove(givenFolder) } }
        layout = try attempt { () throws(LayoutError) in try Layout.repairTable(on: disk) }
        let size = disk.size
        var hasGrown = false
        if layout.data == nil {
            hasGrown = layout.table == .backupNotAtEnd
            layout = try makeRoom(on: disk, layout, slot)
        }
        guard let data = layout.data else { preconditionFailure("there is a data partition now") }
        try attempt { () throws(LayoutError) in try Layout.tellKernel(of: disk) }
        let place = try attempt { () throws(Errno) in try DataPlace(data, of: disk) }
        precondition(place.range.upperBound <= size, "a layout lies on its disk")
        var answer: Answer
        if data.name == Layout.dataName {
            answer = try DataCheck(disk: disk, place: place, tools: tools).answer()
        } else {
            answer = try make(place, layout.given, on: disk)
        }
        if let given = layout.given, let fault = Given(given, of: disk).erase() {
            answer.sentence += " \(fault)"
        }
        answer.data = place.name
        answer.hasGrown = hasGrown
        answer.partition = slot.map { layout.slots[$0].id.description } ?? ""
        return answer
    }

    /// Where what the node was given lies for as long as the file system is made of it.
    private var givenFolder: String { word.folder + "/given" }

    /// The slot this machine runs; `nil` when nobody said which.
    private func ownSlot(of layout: Layout) throws(Stop) -> Slot? {
        guard let partition else { return nil }
        // The word is left before the table is written: a run that was cut short in between left
        // the old identity in force.
        let ids = [partition.lowercased(), word.current(of: partition.lowercased())]
        guard
            let slot = Slot.allCases.first(where: { ids.contains(layout.slots[$0].id.description) })
        else { throw Stop(.absent, "\(path) is refused: no slot on it is partition \(partition).") }
        return slot
    }

    private func makeRoom(
        on disk: Disk,
        _ old: Layout,
        _ slot: Slot?
    ) throws(Stop) -> Layout {
        let room = try attempt { () throws(LayoutError) in try Layout.roomForData(on: disk) }
        try refuseKnown(room, on: disk, "The free room of \(path)")
        let ids = try attempt { () throws(Errno) in try (0..<5).map(Self.randomID) }
        let identities = Layout.Identities(
            disk: ids[0],
            systemPartition: ids[1],
            slots: PerSlot(a: ids[2], b: ids[3])
        )
        // First the word: without it nobody would know which slot runs until the next boot.
        if let slot, let partition {
            let new = identities.slots[slot].description
            try attempt { () throws(Errno) in try word.leave(partition.lowercased(), new) }
        }
        return try attempt { () throws(LayoutError) in
            try Layout.makeRoomForData(on: disk, identities: identities, data: ids[4])
        }
    }

    private func make(
        _ place: DataPlace,
        _ given: Partition?,
        on disk: Disk
    ) throws(Stop) -> Answer {
        // Left from a run that was cut short it may hold a file system of ours, whole or not.
        try refuseKnown(place.range, on: disk, Layout.newDataName, except: "ext")
        try refuseUsed(place, on: disk)
        let folder = givenFolder
        let hasFiles = try given.map { (part) throws(Stop) in
            try Given(part, of: disk).lay(in: folder)
        }
        do throws(FileSystemTools.Failure) {
            try tools.make(on: place, from: hasFiles == true ? folder : nil)
        } catch {
            throw Stop(
                .absent,
                "The data partition is not made, and holds nothing: \(error.program): "
                    + "\(error.words)."
            )
        }
        let ring = try attempt { () throws(DiskError) in
            try BlackBoxDevice(opening: path, partition: place.range, for: .both)
        }
        try attempt { () throws(DeviceError) in try BlackBoxRing.format(ring) }
        _ = try attempt { () throws(LayoutError) in try Layout.completeData(on: disk) }
        let mebibytes = place.range.count >> 20
        return Answer(.made, "The data partition is made: \(place.name), \(mebibytes) MiB.")
    }

    private func refuseKnown(
        _ range: Range<Int>,
        on disk: Disk,
        _ what: String,
        except ours: String? = nil
    ) throws(Stop) {
        let found = try attempt { () throws(DiskError) in try disk.signature(of: range) }
        guard let found, found != ours else { return }
        throw Stop(.foreign, "\(what) holds \(found) and is not touched.")
    }

    private func refuseUsed(_ place: DataPlace, on disk: Disk) throws(Stop) {
        guard let node = place.node else { return }
        do {
            _ = try Descriptor(opening: node, for: .both, .exclusive)
        } catch {
            throw Stop(.absent, "\(node) is not made: \(error).")
        }
    }

    private static func randomID(_: Int) throws(Errno) -> GUID {
        GUID(random: try RandomSource.bytes(16))
    }
}
