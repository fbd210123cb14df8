import API
import Archive
import Slots
import Support
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("Archives of container images")
struct ImageArchiveTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("an archive tells its images, what they are made of, and every byte of that")
    func whole() throws {
        var layout = Layout()
        // As other programs pad their archives.
        layout.rest = String(repeating: "\0", count: 7168)
        let configuration = layout.add("{}", "application/vnd.oci.image.config.v1+json")
        let layer = layout.add(String(repeating: "layer", count: 5000), "layer")
        let manifest = layout.add(
            #"{"config":\#(configuration.json),"layers":[\#(layer.json),\#(layer.json)]}"#,
            "application/vnd.oci.image.manifest.v1+json"
        )
        layout.index = layout.entry(manifest, name: "registry.example/pause:1")
        let archive = try ImageArchive(try write(layout))
        #expect(
            archive.images == [
                ImageArchive.Image(
                    name: "registry.example/pause:1",
                    manifest: manifest,
                    parts: [configuration, layer]
                )
            ]
        )
        #expect(try archive.read(layer, at: 7, 5) == Array("yerla".utf8))
        #expect(throws: ImageArchiveFault.file(folder("a.tar"), .inputOutput)) {
            try archive.read(layer, at: layer.size - 1, 2)
        }
    }

    @Test("of an image for several machines the one for this kind is taken")
    func several() throws {
        var layout = Layout()
        func entry(_ machine: String, _ blob: RuntimeStore.Blob) -> String {
            String(blob.json.dropLast())
                + #","platform":{"os":"linux","architecture":"\#(machine)"}}"#
        }
        let other = layout.add("{}", "manifest")
        let index = layout.add(
            #"{"manifests":[\#(entry("arm64", other)),\#(entry("amd64", layout.manifest))]}"#,
            "index"
        )
        layout.index = layout.entry(index, name: "registry.example/pause:1")
        let image = try #require(try ImageArchive(try write(layout)).images.first)
        #expect(image.manifest == layout.manifest && image.parts.count == 1)
    }

    /// What is done to an archive, and what is said of it.
    static let faults: [(@Sendable (inout Layout) -> Void, String)] = [
        ({ $0.index = nil }, "index.json is not one's"),
        ({ $0.index = "[]" }, "index.json is not one's"),
        ({ $0.index = #"{"manifests":[]}"# }, "holds no image"),
        ({ $0.index = $0.entry($0.manifest, name: nil) }, "an image without a name"),
        ({ $0.index = $0.entry($0.manifest, name: "") }, "an image without a name"),
        ({ $0.index = $0.entry($0.manifest, name: "a", size: 1) }, "of 1 bytes"),
        ({ $0.index = $0.entry($0.manifest, name: "a", size: -1) }, "index.json is not one's"),
        (
            { layout in
                let other = layout.add("[]", "manifest")
                layout.index = layout.entry(other, name: "a")
            }, "is not one's"
        ),
        (
            { layout in
                let gone = RuntimeStore.Blob(
                    digest: "sha256:" + String(repeating: "0", count: 64),
                    size: 3,
                    mediaType: "layer"
                )
                let other = layout.add(#"{"config":\#(gone.json),"layers":[]}"#, "manifest")
                layout.index = layout.entry(other, name: "a")
            }, "does not hold blobs/sha256/0000"
        ),
        ({ $0.cut = 100 }, "is no tar archive"),
        ({ $0.cut = 1200 }, "is no tar archive"),
    ]

    @Test("a damaged archive is refused, and what is wrong is said", arguments: faults.indices)
    func damaged(row: Int) throws {
        var layout = Layout()
        let (damage, words) = Self.faults[row]
        damage(&layout)
        let path = try write(layout)
        #expect {
            try ImageArchive(path)
        } throws: {
            let said = ($0 as? ImageArchiveFault)?.sentence ?? ""
            return said.contains(path) && said.contains(words)
        }
    }

    @Test("a file that is not there is named")
    func absent() {
        #expect(throws: ImageArchiveFault.file(folder("none.tar"), .noEntry)) {
            try ImageArchive(folder("none.tar"))
        }
    }

    @Test("without archives nobody is asked, and without a runtime the images are not brought")
    func nobody() async throws {
        func preload(_ name: String) -> Preload {
            Preload(folder: folder(name), socket: folder("none.sock"), patience: .zero)
        }
        #expect(try await preload("none").run() == [])
        try Directory.create(folder("empty"))
        #expect(try await preload("empty").run() == [])
        _ = try write(Layout())
        await #expect {
            _ = try await preload("").run()
        } throws: {
            ($0 as? PreloadFault)?.sentence.contains("is not to be had on") == true
        }
        try File.writeAtomically([1].span, to: folder("file"), permissions: 0o600)
        await #expect {
            _ = try await preload("file").run()
        } throws: {
            ($0 as? PreloadFault)?.sentence.contains("cannot be read") == true
        }
    }

    private func write(_ layout: Layout) throws -> String {
        var bytes: [UInt8] = []
        let writer = try TarWriter { (piece: Span<UInt8>) throws(Never) in
            for index in piece.indices { bytes.append(piece[index]) }
        }
        for (name, text) in layout.members {
            try writer.begin(name, size: text.utf8.count)
            try writer.write(Array(text.utf8).span)
        }
        try writer.finish()
        if let cut = layout.cut { bytes = Array(bytes.prefix(cut)) }
        bytes += Array(layout.rest.utf8)
        try File.writeAtomically(bytes.span, to: folder("a.tar"), permissions: 0o600)
        return folder("a.tar")
    }

    /// An OCI image layout in memory: one image of one layer, unless something else is said.
    struct Layout {
        var index: String?
        var cut: Int?
        var rest = ""
        private(set) var blobs: [(String, String)] = []
        private(set) var manifest = RuntimeStore.Blob(digest: "", size: 0, mediaType: "")

        init() {
            let part = add("{}", "configuration")
            manifest = add(#"{"config":\#(part.json),"layers":[]}"#, "manifest")
            index = entry(manifest, name: "registry.example/pause:1")
        }

        mutating func add(_ text: String, _ mediaType: String) -> RuntimeStore.Blob {
            let digest = OpenSSLHashing().sha256(Array(text.utf8).span).hex
            blobs.append(("./blobs/sha256/\(digest)", text))
            return RuntimeStore.Blob(
                digest: "sha256:\(digest)",
                size: text.utf8.count,
                mediaType: mediaType
            )
        }

        func entry(_ blob: RuntimeStore.Blob, name: String?, size: Int? = nil) -> String {
            let notes =
                name.map { #","annotations":{"io.containerd.image.name":"\#($0)"}"# } ?? ""
            return #"{"manifests":[{"mediaType":"\#(blob.mediaType)","digest":"\#(blob.digest)","#
                + #""size":\#(size ?? blob.size)\#(notes)}]}"#
        }

        var members: [(String, String)] {
            [("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)] + blobs
                + (index.map { [("index.json", $0)] } ?? [])
        }
    }
}

extension RuntimeStore.Blob {
    fileprivate var json: String {
        #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)}"#
    }
}
