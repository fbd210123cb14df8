import Slots
import Syscalls
import Testing
import Trust

@testable import ImageTool

/// A slot made of memory that can lie or break.
private final class MemorySlot: BlockDevice {
    var bytes: [UInt8]
    let sectorSize = 512
    /// This byte reads back changed.
    var lies: Int?
    /// The write after this many fails.
    var writesLeft = Int.max
    /// Offsets written, in order; -1 for a flush.
    var log: [Int] = []
    /// Bytes of the last write at each offset.
    var lengths: [Int: Int] = [:]
    var size: Int { bytes.count }

    init(size: Int) { bytes = [UInt8](repeating: 0xee, count: size) }

    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int) throws(DeviceError) {
        for index in buffer.indices {
            let place = offset + index
            buffer[index] = lies == place ? ~bytes[place] : bytes[place]
        }
    }

    func write(_ span: Span<UInt8>, at offset: Int) throws(DeviceError) {
        guard writesLeft > 0 else { throw DeviceError(.write, at: offset, code: 5) }
        writesLeft -= 1
        log.append(offset)
        lengths[offset] = span.count
        for index in span.indices { bytes[offset + index] = span[index] }
    }

    func flush() throws(DeviceError) { log.append(-1) }

    func discard(_ range: Range<Int>) throws(DeviceError) {}

    func hashBlocks(
        _ blocks: Range<Int>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) throws(DeviceError) {
        var data = [UInt8](repeating: 0, count: blocks.count * 4096)
        var room = data.mutableSpan
        try read(into: &room, at: blocks.lowerBound * 4096)
        OpenSSLHashing().hashBlocks(data.span, salt: salt, into: &digests)
    }
}

@Suite("Writing")
struct WritingTests {
    private func writer(
        _ bench: Workbench,
        _ slot: MemorySlot
    ) throws -> (SlotWriter, BundleFile) {
        let release = try bench.verify()
        let bundle = try BundleFile(bench.path("out.keel"))
        let index = try bundle.index(hashing: OpenSSLHashing())
        return (SlotWriter(device: slot, release: release, index: index, path: "slot"), bundle)
    }

    @Test("a slot loses its superblock first and gets it last, in a sector of its own")
    func order() throws {
        let bench = try Workbench()
        try bench.pack()
        let slot = MemorySlot(size: 1 << 20)
        let (writer, bundle) = try writer(bench, slot)
        try writer.write(bundle)
        #expect(Array(slot.log.prefix(5)) == [0, -1, 512, -1, 4096])
        #expect(Array(slot.log.suffix(5)) == [-1, 512, -1, 0, -1])
        #expect(slot.lengths.filter { $0.key == 0 }.allSatisfy { $0.value == 512 })
        #expect(slot.bytes.starts(with: try bench.read("root")))
    }

    @Test("a byte that does not read back as written keeps the slot from being a file system")
    func lies() throws {
        let bench = try Workbench()
        try bench.pack()
        let slot = MemorySlot(size: 1 << 20)
        slot.lies = 100_000
        let (writer, bundle) = try writer(bench, slot)
        #expect(throws: ToolError.notAsWritten("slot")) { try writer.write(bundle) }
        #expect(slot.bytes[..<4096].allSatisfy { $0 == 0 })
    }

    @Test("a write that fails is a failure at its place, and leaves no file system")
    func breaks() throws {
        let bench = try Workbench()
        try bench.pack()
        for writes in 1...4 {
            let slot = MemorySlot(size: 1 << 20)
            slot.writesLeft = writes
            let (writer, bundle) = try writer(bench, slot)
            let error = #expect(throws: ToolError.self) { try writer.write(bundle) }
            guard case .device("slot", let fault) = error else {
                Issue.record("another error: \(String(describing: error))")
                return
            }
            #expect(fault.operation == .write)
            #expect(error?.isRefusal == false)
            #expect(slot.bytes[..<512].allSatisfy { $0 == 0 })
        }
    }

    @Test("a bundle whose root breaks off leaves no file, and what had its name as it was")
    func broken() throws {
        let bench = try Workbench()
        try bench.write("out.keel", [1])
        let statement = SignedStatement(manifest: [], signatures: [])
        let path = bench.path("out.keel")
        #expect(throws: ToolError.changed("root")) {
            try BundleWriter.write(path, statement: statement, index: [], rootSize: 8192) {
                put throws(ToolError) in
                let bytes = [UInt8](repeating: 0, count: 4096)
                try put(bytes.span)
                throw .changed("root")
            }
        }
        #expect(try bench.read("out.keel") == [1])
        #expect(try bench.names() == ["out.keel", "root", "trust"])
    }

    @Test("a root of 8 GiB or more does not fit the format and is refused")
    func tooLong() throws {
        let bench = try Workbench()
        let statement = SignedStatement(manifest: [], signatures: [])
        let path = bench.path("out.keel")
        let error = #expect(throws: ToolError.self) {
            try BundleWriter.write(path, statement: statement, index: [], rootSize: 8 << 30) {
                _ throws(ToolError) in
            }
        }
        guard case .option("root.squashfs", _, "less than 8 GiB") = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(!bench.exists("out.keel"))
    }

    @Test("a bundle in a folder that is not there fails")
    func noFolder() throws {
        let bench = try Workbench()
        let path = bench.path("no/out.keel")
        let error = #expect(throws: ToolError.self) {
            try BundleWriter.write(
                path,
                statement: SignedStatement(manifest: [], signatures: []),
                index: [],
                rootSize: 0
            ) { _ throws(ToolError) in }
        }
        #expect(error == .system("create", path + ".new", .noEntry))
    }
}
