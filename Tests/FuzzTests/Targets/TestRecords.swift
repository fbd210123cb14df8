import Slots

/// Three copies of the record in memory, in the order of their numbers; no bytes: no file.
final class TestRecords: RecordStore {
    private(set) var copies: [[UInt8]]
    private(set) var writes = 0

    init(_ copies: [[UInt8]]) {
        precondition(copies.count == 3, "there are three copies")
        self.copies = copies
    }

    /// Slot a is trusted, slot b blank.
    static var good: TestRecords {
        let record = BootRecord(preferred: .a, a: .good, b: .none, sequence: 1)
        return TestRecords([[UInt8]](repeating: record.encoded(), count: 3))
    }

    func readCopy(_ copy: Int) throws(RecordStoreError) -> [UInt8] {
        guard !copies[copy].isEmpty else { throw .missing }
        return copies[copy]
    }

    func writeCopy(_ copy: Int, _ block: [UInt8]) throws(RecordStoreError) {
        precondition(block.count == EnvironmentBlock.size, "a record block has 1024 bytes")
        copies[copy] = block
        writes += 1
    }
}
