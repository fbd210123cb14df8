import Foundation
import Slots
import SlotsDisk
import SlotsLayout
import Testing
import Trust

@testable import ImageTool

@Suite("disk")
struct DiskTests {
    /// A bench with a packed release, and a boot loader beside where the program would be.
    func bench(_ change: (inout Packing.Facts) -> Void = { _ in }) throws -> Workbench {
        let bench = try Workbench()
        try bench.write("BOOTX64.EFI", Workbench.loader("# KEELOS LOADER CONTRACT 1 END"))
        try bench.pack { change(&$0) }
        return bench
    }

    func make(
        _ bench: Workbench,
        _ output: String = "disk.img",
        slotSize: Int = 8 << 20,
        size: String = "160M",
        sectorSize: Int = 512,
        loader: String? = nil
    ) throws {
        let command = try MakeDisk.parse([
            "--image", bench.path("out.keel"), "--trust", bench.path("trust"), "--output",
            bench.path(output), "--size", size, "--sector-size", "\(sectorSize)",
        ])
        let making = DiskMaking(
            image: bench.path("out.keel"),
            policy: try bench.policy(),
            slotSize: slotSize,
            search: LoaderSearch(asked: loader, programFolder: bench.folder.path)
        )
        try command.writeFile(making.plan(now: Timestamp(seconds: 0)), making)
    }

    @Test(
        "the disk has a system partition and two slots, as sfdisk sees it",
        arguments: [512, 4096]
    )
    func table(sectorSize: Int) throws {
        let bench = try bench()
        try make(bench, sectorSize: sectorSize)
        let disk = try Disk(opening: bench.path("disk.img"), for: .reading)
        #expect(disk.sectorSize == sectorSize)
        let layout = try Layout.find(on: disk, acceptingBackup: false)
        #expect(layout.systemPartition.range == (1 << 20)..<(129 << 20))
        #expect(layout.slots.a.range == (129 << 20)..<(137 << 20))
        #expect(layout.slots.b.range == (137 << 20)..<(145 << 20))
        #expect(layout.data == nil)
        if sectorSize == 512 {
            let dump = try bench.run("sfdisk", "-d", "disk.img").text
            for name in ["EFI-SYSTEM", "KEELOS_ROOT_A", "KEELOS_ROOT_B"] {
                #expect(dump.contains("name=\"\(name)\""))
            }
        }
    }

    @Test("slot a holds root, trailer and a hash tree that veritysetup verifies; slot b is blank")
    func slots() throws {
        let bench = try bench()
        try make(bench)
        let disk = try bench.read("disk.img")
        let root = try bench.read("root")
        let a = disk[(129 << 20)..<(137 << 20)]
        #expect(a.starts(with: root))
        #expect(a.dropFirst(root.count).starts(with: Array("KEELSLT1".utf8)))
        #expect(disk[(137 << 20)..<(145 << 20)].allSatisfy { $0 == 0 })
        let bundle = try BundleFile(bench.path("out.keel"))
        let policy = try bench.policy()
        let checker = Ed25519Checker()
        let release = try policy.authenticate(
            bundle.statement,
            hashing: OpenSSLHashing(),
            checker: checker
        )
        let layout = SlotLayout(of: release)
        try bench.write(
            "tree",
            Array(a.dropFirst(layout.tree.lowerBound).prefix(layout.tree.count))
        )
        let manifest = release.manifest
        let verified = try bench.run(
            "veritysetup",
            "verify",
            "--no-superblock",
            "--data-block-size=4096",
            "--hash-block-size=4096",
            "--data-blocks=\(layout.blockCount)",
            "--salt=\(manifest.root.salt)",
            "root",
            "tree",
            manifest.root.verity.hex
        )
        #expect(verified.status == 0, "\(verified.text)")
    }

    @Test("the boot record in all three copies makes slot a good and slot b none")
    func record() throws {
        let bench = try bench()
        try make(bench)
        for copy in 0..<3 {
            let file = "::/KEEL/ENV\(copy)"
            let done = try bench.run("mcopy", "-n", "-i", "disk.img@@1M", file, "env\(copy)")
            #expect(done.status == 0, "\(done.text)")
            let record = try BootRecord(parsing: bench.read("env\(copy)"))
            #expect(record == BootRecord(preferred: .a, a: .good, b: .none, sequence: 1))
        }
        let loader = try bench.run("mcopy", "-i", "disk.img@@1M", "::/EFI/BOOT/BOOTX64.EFI", "l")
        #expect(loader.status == 0)
        #expect(try bench.read("l").starts(with: bench.read("BOOTX64.EFI")))
    }

    @Test("an image file is sparse, and the same each time")
    func reproducible() throws {
        let bench = try bench()
        try make(bench, "one.img")
        try make(bench, "two.img")
        #expect(try bench.run("cmp", "one.img", "two.img").status == 0)
        let blocks = try bench.run("stat", "-c", "%s %b", "one.img").text.split {
            $0 == " " || $0 == "\n"
        }
        #expect(blocks.first == "\(160 << 20)")
        #expect(Int(blocks[1]).map { $0 * 512 < 20 << 20 } == true, "\(blocks)")
    }

    @Test("a disk that was there is replaced only by a whole one")
    func replaced() throws {
        let bench = try bench()
        try bench.write("disk.img", [1, 2, 3])
        #expect(throws: ToolError.self) { try make(bench, size: "130M") }
        #expect(try bench.read("disk.img") == [1, 2, 3])
        try bench.write("disk.img.new", [4])
        try make(bench)
        #expect(try bench.read("disk.img").count == 160 << 20)
        #expect(!bench.exists("disk.img.new"))
    }

    @Test("a disk too small for its slots is refused with both sizes")
    func tooSmall() throws {
        let bench = try bench()
        let path = bench.path("disk.img.new")
        let needed = Layout.diskSize(forSlots: 8 << 20)
        let error = LayoutError.diskTooSmall(size: 130 << 20, needed: needed)
        #expect(throws: ToolError.layout(path, error)) { try make(bench, size: "130M") }
        #expect(!bench.exists("disk.img.new"))
    }

    @Test("a release that does not fit its slot is refused before anything is written")
    func doesNotFit() throws {
        let bench = try Workbench()
        try bench.write("BOOTX64.EFI", Workbench.loader("# KEELOS LOADER CONTRACT 1 END"))
        try bench.write("root", Workbench.root(blocks: 256))
        try bench.pack()
        let error = #expect(throws: ToolError.self) { try make(bench, slotSize: 1 << 20) }
        guard case .distrust(_, .doesNotFit(_, 1 << 20)) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(!bench.exists("disk.img"))
    }

    @Test("what a disk held before is gone: no old table, no file system in slot b")
    func used() throws {
        let bench = try bench()
        try bench.write("used", [UInt8](repeating: 0xee, count: 160 << 20))
        let root = Workbench.root(blocks: 16)
        let file = try FileHandle(forUpdating: bench.folder.appendingPathComponent("used"))
        try file.seek(toOffset: 137 << 20)
        try file.write(contentsOf: root)
        try file.close()
        let making = DiskMaking(
            image: bench.path("out.keel"),
            policy: try bench.policy(),
            slotSize: 8 << 20,
            search: LoaderSearch(asked: nil, programFolder: bench.folder.path)
        )
        let plan = try making.plan(now: Timestamp(seconds: 0))
        let disk = try Disk(opening: bench.path("used"), for: .writing(wait: .zero))
        try making.write(plan, to: disk, identities: .random())
        let again = try Disk(opening: bench.path("used"), for: .reading)
        #expect(try Layout.find(on: again, acceptingBackup: false).data == nil)
    }

    @Test("an image that is not trusted makes no disk")
    func untrusted() throws {
        let bench = try bench()
        try bench.trust([PrivateKey.generate()])
        #expect(throws: ToolError.self) { try make(bench) }
        #expect(!bench.exists("disk.img"))
    }

    @Test("the loader is found beside the program, then in ../share/keelos, or asked for")
    func search() throws {
        let bench = try bench()
        let manifest = try BundleFile(bench.path("out.keel")).manifest
        try bench.run("mkdir", "-p", "bin", "share/keelos")
        let folder = bench.path("bin")
        let nowhere = LoaderSearch(asked: nil, programFolder: folder)
        #expect(throws: ToolError.noLoader(nowhere.places)) { try nowhere.find(for: manifest) }
        try bench.run("cp", "BOOTX64.EFI", "share/keelos/BOOTX64.EFI")
        #expect(try nowhere.find(for: manifest).path == nowhere.places[1])
        try bench.run("cp", "BOOTX64.EFI", "bin/BOOTX64.EFI")
        #expect(try nowhere.find(for: manifest).path == nowhere.places[0])
        let asked = LoaderSearch(asked: bench.path("BOOTX64.EFI"), programFolder: folder)
        #expect(try asked.find(for: manifest).path == bench.path("BOOTX64.EFI"))
        #expect(LoaderSearch.folder(ofProgram: "/opt/keel/bin/keel-image") == "/opt/keel/bin")
        #expect(LoaderSearch.folder(ofProgram: "sh").hasSuffix("/bin"))
    }

    @Test("an image that names its loader gets that one or none")
    func named() throws {
        let right = try LoaderFile(Workbench.loader("# KEELOS LOADER CONTRACT 2 END"))
        let wrong = Workbench.loader("# KEELOS LOADER CONTRACT 2 END other")
        let bench = try bench { $0.loader = right }
        let manifest = try BundleFile(bench.path("out.keel")).manifest
        try bench.write("BOOTX64.EFI", wrong)
        let search = LoaderSearch(asked: nil, programFolder: bench.folder.path)
        let fault = LoaderFault.another(
            found: try LoaderFile(wrong).sha256,
            expected: right.sha256
        )
        #expect(throws: ToolError.loader(search.places[0], fault)) {
            try search.find(for: manifest)
        }
        try bench.write("right.efi", right.bytes)
        let asked = LoaderSearch(asked: bench.path("right.efi"), programFolder: "")
        #expect(try asked.find(for: manifest).loader == right)
    }

    @Test("a loader of an older contract than the image needs is refused")
    func tooOld() throws {
        let bench = try bench()
        var manifest = try BundleFile(bench.path("out.keel")).manifest
        manifest.loaderContract = 2
        let search = LoaderSearch(asked: bench.path("BOOTX64.EFI"), programFolder: "")
        let error = ToolError.loader(bench.path("BOOTX64.EFI"), .tooOld(found: 1, needed: 2))
        #expect(throws: error) { try search.find(for: manifest) }
    }

    @Test("sizes that no disk has are wrong usage")
    func usage() {
        for options in [["--sector-size", "1024"], ["--size", "5000"], ["--slot-size", "x"]] {
            let fixed = ["--image", "i", "--trust", "t", "--output", "o"]
            #expect(throws: (any Error).self) { try MakeDisk.parse(fixed + options) }
        }
    }
}
