import SlotsDisk
import Support
import Syscalls

/// File systems made by other people's tools, as bytes.
enum FATImage {
    enum Kind: String, CaseIterable, Sendable {
        case fat16
        case fat32
    }

    /// How `mkfs.vfat` made it.
    struct Shape: Sendable, CustomStringConvertible {
        let kind: Kind
        let sectorSize: Int
        let clusterSectors: Int
        var description: String { "\(kind), \(clusterSectors) x \(sectorSize) bytes a cluster" }

        var clusterSize: Int { sectorSize * clusterSectors }

        /// Enough clusters for the kind, not too many for FAT16.
        var size: Int {
            let count = kind == .fat16 ? 5000 : 66_000
            return max(count * sectorSize * clusterSectors + (1 << 20), 17 << 20)
        }

        static let all = [
            Shape(kind: .fat16, sectorSize: 512, clusterSectors: 1),
            Shape(kind: .fat16, sectorSize: 512, clusterSectors: 4),
            Shape(kind: .fat16, sectorSize: 1024, clusterSectors: 1),
            Shape(kind: .fat16, sectorSize: 2048, clusterSectors: 1),
            Shape(kind: .fat16, sectorSize: 4096, clusterSectors: 1),
            Shape(kind: .fat32, sectorSize: 512, clusterSectors: 1),
            Shape(kind: .fat32, sectorSize: 512, clusterSectors: 8),
            Shape(kind: .fat32, sectorSize: 4096, clusterSectors: 1),
        ]
    }

    static let record = Array(
        "# GRUB Environment Block\nORDER=A B\nA=good\nB=none\nSEQ=1\nEND=keel1\n".utf8
    )

    /// A record block of 1024 bytes that says which copy and generation it is.
    static func block(_ copy: Int, _ generation: Int) -> [UInt8] {
        var bytes = record
        bytes.insert(contentsOf: Array("COPY=\(copy)\nGEN=\(generation)\n".utf8), at: 25)
        return bytes + [UInt8](repeating: UInt8(ascii: "#"), count: 1024 - bytes.count)
    }

    /// An EFI system partition as a person would make it by hand: lower-case names, and a long
    /// one that comes first. Its path.
    static func make(
        _ shape: Shape,
        label: String = "EFI-SYSTEM",
        in folder: TemporaryFolder
    ) throws -> String {
        let image = try empty(shape, label: label, in: folder)
        try run("mmd", "-i", image, "::/EFI", "::/EFI/BOOT", "::/keel")
        try File.append([1].span, to: folder("a"))
        try run("mcopy", "-i", image, folder("a"), "::/keel/env0 is not this file.text")
        for copy in 0..<3 {
            let file = folder("env\(copy)")
            try File.append(block(copy, 0).span, to: file)
            try run("mcopy", "-i", image, file, "::/keel/env\(copy)")
            let reserve = try folder.image("reserve\(copy)", size: 1 << 20)
            try run("mcopy", "-i", image, reserve, "::/keel/reserve\(copy)")
        }
        return image
    }

    /// A file system with nothing in it; its path.
    static func empty(
        _ shape: Shape,
        label: String = "EFI-SYSTEM",
        in folder: TemporaryFolder
    ) throws -> String {
        let image = try folder.image("fat", size: shape.size)
        try run(
            "mkfs.vfat",
            "-F",
            shape.kind == .fat16 ? "16" : "32",
            "-S",
            "\(shape.sectorSize)",
            "-s",
            "\(shape.clusterSectors)",
            "-n",
            label,
            image
        )
        return image
    }

    /// A small one, as a device in memory.
    static func memory(
        _ shape: Shape,
        in folder: TemporaryFolder,
        sectorSize: Int = 512
    ) throws -> MemoryDevice {
        MemoryDevice(
            try File.read(make(shape, in: folder), limit: 64 << 20),
            sectorSize: sectorSize
        )
    }

    /// Whether `fsck.vfat` finds nothing to say against it.
    static func check(_ bytes: [UInt8], in folder: TemporaryFolder) throws {
        try File.writeAtomically(bytes.span, to: folder("checked"), permissions: 0o600)
        try run("fsck.vfat", "-n", folder("checked"))
    }

    /// What `mcopy` reads out of a file.
    static func file(
        _ name: String,
        of image: String,
        in folder: TemporaryFolder
    ) throws -> [UInt8] {
        try run("mcopy", "-n", "-o", "-i", image, "::/" + name, folder("out"))
        return try File.read(folder("out"), limit: 4 << 20)
    }

    static func file(
        _ name: String,
        of bytes: [UInt8],
        in folder: TemporaryFolder
    ) throws -> [UInt8] {
        try File.writeAtomically(bytes.span, to: folder("read"), permissions: 0o600)
        return try file(name, of: folder("read"), in: folder)
    }
}
