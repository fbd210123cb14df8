import Slots
import Testing
import Trust

@testable import ImageTool

@Suite("Other programs agree")
struct InteropTests {
    /// A bench whose root is a real file system, unpacked from the bundle again by `tar`.
    func unpacked() throws -> (Workbench, Manifest) {
        let bench = try Workbench()
        try bench.run("mkdir", "-p", "tree/boot")
        try bench.write("tree/boot/kernel", noise(200_000, seed: 3))
        try bench.write("tree/words", Array(String(repeating: "words ", count: 50_000).utf8))
        let made = try bench.run(
            "mksquashfs",
            "tree",
            "real",
            "-comp",
            "gzip",
            "-mkfs-time",
            "1700000000",
            "-quiet"
        )
        #expect(made.status == 0, "\(made.text)")
        let manifest = try bench.pack(root: "real").manifest
        #expect(try bench.run("tar", "-xf", "out.keel").status == 0)
        return (bench, manifest)
    }

    @Test("tar lists the four members with mode 0444 and nobody's names, and unpacks them")
    func tar() throws {
        let (bench, manifest) = try unpacked()
        let list = try bench.run("tar", "--numeric-owner", "--utc", "-tvf", "out.keel").text
        let lines = list.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.map { $0.last.map(String.init) } == BundleMembers.names)
        for line in lines {
            #expect(Array(line[..<2]) == ["-r--r--r--", "0/0"])
            #expect(Array(line[3...4]) == ["1970-01-01", "00:00"])
        }
        #expect(lines[3][2] == "\(manifest.root.size)")
        #expect(manifest.created.description == "2023-11-14T22:13:20Z")
    }

    @Test("openssl accepts the signature in manifest.sig, after base64 -d")
    func openssl() throws {
        let (bench, _) = try unpacked()
        try bench.write("key.pub", bench.key.publicKey.pem())
        let script = """
            cut -d ' ' -f 3 manifest.sig | base64 -d > sig &&
            openssl pkeyutl -verify -rawin -pubin -inkey key.pub -in manifest.json -sigfile sig
            """
        #expect(try bench.run("sh", "-c", script).status == 0)
        let id = try bench.run(
            "sh",
            "-c",
            "openssl pkey -pubin -in key.pub -outform DER | sha256sum | cut -c 1-64"
        )
        let line = String(decoding: try bench.read("manifest.sig"), as: UTF8.self)
        #expect(line.hasPrefix(id.text.trimmed + " ed25519 "))
    }

    @Test("sha256sum finds the root's and the index's digest")
    func sha256sum() throws {
        let (bench, manifest) = try unpacked()
        let sums = try bench.run("sha256sum", "root.squashfs", "chunks.idx").text
        #expect(sums.hasPrefix(manifest.root.sha256.hex))
        #expect(sums.contains(manifest.chunks.sha256.hex))
    }

    @Test("unsquashfs unpacks the root")
    func unsquashfs() throws {
        let (bench, _) = try unpacked()
        #expect(try bench.run("unsquashfs", "-q", "-n", "-d", "again", "root.squashfs").status == 0)
        #expect(try bench.run("diff", "-r", "tree", "again").status == 0)
    }

    @Test("veritysetup computes the signed root hash")
    func veritysetup() throws {
        let (bench, manifest) = try unpacked()
        let format = try bench.run(
            "veritysetup",
            "format",
            "--no-superblock",
            "--data-block-size=4096",
            "--hash-block-size=4096",
            "--salt=\(manifest.root.salt)",
            "--uuid=00000000-0000-0000-0000-000000000000",
            "root.squashfs",
            "tree.hash"
        )
        #expect(format.status == 0, "\(format.text)")
        let line = format.text.split(separator: "\n").first { $0.hasPrefix("Root hash:") }
        #expect(line?.hasSuffix(manifest.root.verity.hex) == true)
    }

    @Test("a bundle that tar makes anew of the members is as good")
    func repacked() throws {
        let (bench, _) = try unpacked()
        let script =
            "tar -b 1 --format=ustar -cf again.keel " + BundleMembers.names.joined(separator: " ")
        #expect(try bench.run("sh", "-c", script).status == 0)
        #expect(try bench.verify("again.keel").version == Version("1.2.0"))
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { $0 != "\n" }) }
}
