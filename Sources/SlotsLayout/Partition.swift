/// One line of the partition table.
public struct Partition: Sendable, Hashable {
    /// Counts from 1.
    public let number: Int
    public let name: String
    public let type: GUID
    public let id: GUID
    /// Bytes of the disk.
    public let range: Range<Int>

    public init(number: Int, name: String, type: GUID, id: GUID, range: Range<Int>) {
        self.number = number
        self.name = name
        self.type = type
        self.id = id
        self.range = range
    }
}
