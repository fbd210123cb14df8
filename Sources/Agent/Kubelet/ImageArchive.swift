import API
public import Archive
import Slots
public import Syscalls

/// Container images in one file: an OCI image layout, packed with tar.
///
/// Source: OCI image specification, `image-layout.md`, `descriptor.md` and `manifest.md`.
final class ImageArchive {
    typealias Blob = RuntimeStore.Blob

    struct Image: Hashable {
        /// With its registry and tag, as a pod names it.
        let name: String
        let manifest: Blob
        /// Configuration and layers: what the manifest refers to.
        let parts: [Blob]
    }

    private static let textLimit = 4 << 20
    private static let limits = TarLimits(nameLength: 255, headerLength: 16 << 10, members: 4096)

    let path: String
    private(set) var images: [Image] = []
    private let file: Descriptor
    /// Where each member's bytes are, by its name.
    private let members: [String: TarMember]

    /// Reads the whole file once; no blob is kept.
    init(_ path: String) throws(ImageArchiveFault) {
        self.path = path
        do throws(Errno) { file = try Descriptor(opening: path, for: .reading) } catch {
            throw .file(path, error)
        }
        members = try Self.members(of: path)
        guard let index = JSONObject(parsing: try text("index.json")) else {
            throw .document(path, "index.json")
        }
        for entry in index.objects("manifests") { images.append(try image(entry)) }
        guard !images.isEmpty else { throw .empty(path) }
    }

    /// Bytes of a blob from `offset` on, `count` of them.
    func read(_ blob: Blob, at offset: Int, _ count: Int) throws(ImageArchiveFault) -> [UInt8] {
        try read(try member(blob), from: offset, count)
    }

    private static func members(of path: String) throws(ImageArchiveFault) -> [String: TarMember] {
        var members: [String: TarMember] = [:]
        do throws(ArchiveError<Errno>) {
            let blocks: FileBlocks
            do throws(Errno) { blocks = try FileBlocks(path) } catch { throw .outside(error) }
            let reader = TarReader(blocks, limits: limits)
            while let member = try reader.nextMember() {
                let isRelative = member.name.hasPrefix("./")
                let name = isRelative ? String(member.name.dropFirst(2)) : member.name
                if member.kind == .file { members[name] = member }
            }
            // What follows, most programs' padding, is nobody's.
            return members
        } catch {
            switch error {
            case .outside(let error): throw .file(path, error)
            case .fault(let fault): throw .archive(path, fault)
            }
        }
    }

    private func image(_ entry: JSONObject) throws(ImageArchiveFault) -> Image {
        let notes = entry.object("annotations")
        guard let name = notes?.text("io.containerd.image.name"), !name.isEmpty else {
            throw .nameless(path)
        }
        var manifest = try blob(entry, in: "index.json")
        var document = try object(manifest)
        if let ours = document.objects("manifests").first(where: Self.isOurs) {
            manifest = try blob(ours, in: Self.place(manifest))
            document = try object(manifest)
        }
        let place = Self.place(manifest)
        guard let configuration = document.object("config") else { throw .document(path, place) }
        var parts: [Blob] = []
        for entry in [configuration] + document.objects("layers") {
            let part = try blob(entry, in: place)
            if !parts.contains(part) { parts.append(part) }
        }
        return Image(name: name, manifest: manifest, parts: parts)
    }

    private func object(_ manifest: Blob) throws(ImageArchiveFault) -> JSONObject {
        let place = Self.place(manifest)
        guard let object = JSONObject(parsing: try text(place)) else {
            throw .document(path, place)
        }
        return object
    }

    /// Of an image for several machines: the one for this kind.
    private static func isOurs(_ entry: JSONObject) -> Bool {
        let platform = entry.object("platform")
        return platform?.text("os") == "linux" && platform?.text("architecture") == "amd64"
    }

    /// What an entry describes; the archive must hold all of it.
    private func blob(
        _ entry: JSONObject,
        in document: String
    ) throws(ImageArchiveFault) -> Blob {
        guard let digest = entry.text("digest"), digest.hasPrefix("sha256:"),
            Digest(hex: String(digest.dropFirst(7))) != nil, let size = entry.number("size"),
            size > 0, let mediaType = entry.text("mediaType")
        else { throw .document(path, document) }
        let blob = Blob(digest: digest, size: size, mediaType: mediaType)
        _ = try member(blob)
        return blob
    }

    private func member(_ blob: Blob) throws(ImageArchiveFault) -> TarMember {
        let place = Self.place(blob)
        guard let member = members[place], member.size == blob.size else {
            throw .missing(path, place, size: blob.size)
        }
        return member
    }

    private static func place(_ blob: Blob) -> String {
        "blobs/sha256/\(blob.digest.dropFirst(7))"
    }

    private func text(_ name: String) throws(ImageArchiveFault) -> [UInt8] {
        guard let member = members[name], member.size <= Self.textLimit else {
            throw .document(path, name)
        }
        return try read(member, from: 0, member.size)
    }

    private func read(
        _ member: TarMember,
        from offset: Int,
        _ count: Int
    ) throws(ImageArchiveFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var room = bytes.mutableSpan
        do throws(Errno) {
            let found = try file.read(into: &room, at: member.contentOffset + offset)
            guard found == count, offset + count <= member.size else { throw .inputOutput }
        } catch {
            throw .file(path, error)
        }
        return bytes
    }
}

extension FileBlocks: ByteSupply {}

/// Why an archive of images is none.
enum ImageArchiveFault: Error, Sendable, Hashable {
    case file(String, Errno)
    case archive(String, ArchiveFault)
    /// A document of the layout that is not there, or does not say what it must.
    case document(String, String)
    case empty(String)
    case nameless(String)
    case missing(String, String, size: Int)

    var sentence: String {
        switch self {
        case .file(let path, let error): "\(path) cannot be read: \(error)"
        case .archive(let path, let fault): "\(path) is no tar archive: \(fault)"
        case .document(let path, let name): "\(path) is no OCI image layout: \(name) is not one's"
        case .empty(let path): "\(path) holds no image"
        case .nameless(let path):
            "\(path) holds an image without a name (annotation io.containerd.image.name)"
        case .missing(let path, let name, let size):
            "\(path) does not hold \(name) of \(size) bytes"
        }
    }
}
