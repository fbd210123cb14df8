import Foundation
import Slots
import Trust

@testable import ImageTool

/// A folder with a signing key, a trust directory that knows it, and a root; goes away with this
/// value.
final class Workbench {
    let folder: URL
    let key: PrivateKey

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("image-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        key = try PrivateKey.generate()
        try trust([key])
        try write("root", Self.root(blocks: 64))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    func read(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    /// Makes the trust directory anew.
    func trust(_ keys: [PrivateKey], threshold: Int = 1, epoch: Int = 1) throws {
        try? FileManager.default.removeItem(at: folder.appendingPathComponent("trust"))
        let trust = folder.appendingPathComponent("trust")
        try FileManager.default.createDirectory(at: trust, withIntermediateDirectories: true)
        for (number, key) in keys.enumerated() {
            try write("trust/\(number).pub", try key.publicKey.pem())
        }
        let policy =
            #"{"threshold": \#(threshold), "epoch": \#(epoch), "board": "x86_64-uefi"}"#
        try write("trust/policy.json", Array(policy.utf8))
    }

    func policy() throws -> TrustPolicy { try TrustPolicy.read(path("trust")) }

    /// The facts of an ordinary release.
    static func facts() -> Packing.Facts {
        Packing.Facts(
            version: Version("1.2.0") ?? { preconditionFailure("a version") }(),
            epoch: 1,
            board: "x86_64-uefi",
            chunkAverage: 16 * 1024,
            state: Manifest.StateSchema(reads: 1...1, writes: 1)
        )
    }

    @discardableResult
    func pack(
        _ output: String = "out.keel",
        root: String = "root",
        keys: [PrivateKey]? = nil,
        _ change: (inout Packing.Facts) -> Void = { _ in }
    ) throws -> Packing.Report {
        var facts = Self.facts()
        change(&facts)
        let packing = Packing(squashFS: path(root), facts: facts, keys: keys ?? [key])
        return try packing.write(to: path(output))
    }

    func verify(_ name: String = "out.keel", now: Int = 0) throws -> Release {
        try Verify.check(path(name), policy: try policy(), now: Timestamp(seconds: now))
    }

    /// Runs a program in the folder: its exit status and what it prints.
    @discardableResult
    func run(_ program: String, _ arguments: String...) throws -> (status: Int32, text: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["LC_ALL=C", program] + arguments
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    /// Random bytes behind a good superblock: all that packing looks at.
    static func root(blocks: Int, seed: UInt64 = 1) -> [UInt8] {
        var bytes = noise(blocks * 4096, seed: seed)
        bytes.replaceSubrange(0..<96, with: superblock(size: blocks * 4096))
        return bytes
    }

    /// The least that looks like a program for the firmware, with `text` in it.
    static func loader(_ text: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))
        bytes[0x3c] = 0x80  // where the header is
        bytes.replaceSubrange(0x80..<0x84, with: Array("PE\0\0".utf8))
        return bytes + Array(text.utf8)
    }

    static func superblock(size: Int, compressor: UInt8 = 1, modified: UInt8 = 0) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 96)
        bytes.replaceSubrange(0..<4, with: Array("hsqs".utf8))  // magic
        bytes[8] = modified  // modification time
        bytes[20] = compressor  // compressor
        bytes[28] = 4  // major version
        for index in 0..<8 { bytes[40 + index] = UInt8(size >> (8 * index) & 255) }  // bytes used
        return bytes
    }
}

/// Bytes that repeat themselves for a seed: SplitMix64.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: mixed >> UInt64(shift)))
        }
    }
    return Array(bytes[..<count])
}
