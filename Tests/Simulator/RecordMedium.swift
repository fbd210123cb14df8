public import Slots

/// What the copies of the boot record lie on.
public struct RecordMedium: Sendable {
    let size: Int
    let content: SimulatedDisk.Content
    let copyOffsets: [Int]
    let makeStore: @Sendable (SimulatedDisk) -> any RecordStore

    /// Three sectors, far apart.
    public static let plain = RecordMedium(
        size: PlainRecordStore.size,
        content: SimulatedDisk.Content(),
        copyOffsets: (0..<3).map(PlainRecordStore.offset(of:)),
        makeStore: { PlainRecordStore(disk: $0) }
    )

    /// A file system that was made on `disk`, with equal copies in it, and the code that walks it.
    /// The copies are found by their first line.
    public init(
        madeOn disk: SimulatedDisk,
        makeStore: @escaping @Sendable (SimulatedDisk) -> any RecordStore
    ) {
        let header = EnvironmentBlock.header
        self.init(
            size: disk.size,
            content: disk.content,
            copyOffsets: stride(from: 0, to: disk.size, by: 4096).filter {
                disk.durableBytes($0..<($0 + header.count)) == header
            },
            makeStore: makeStore
        )
        precondition(copyOffsets.count == 3, "three copies of the record")
    }

    private init(
        size: Int,
        content: SimulatedDisk.Content,
        copyOffsets: [Int],
        makeStore: @escaping @Sendable (SimulatedDisk) -> any RecordStore
    ) {
        self.size = size
        self.content = content
        self.copyOffsets = copyOffsets
        self.makeStore = makeStore
    }
}
