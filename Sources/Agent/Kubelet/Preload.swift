import API
import Syscalls

/// Brings the images that a release carries into the container runtime, before anybody asks for
/// them: a node whose pods' sandboxes waited for a registry would not come back without one.
struct Preload {
    /// Every `.tar` in it is an archive of images.
    let folder: String
    /// The container runtime's.
    let socket: String
    /// Until the runtime answers.
    let patience: Duration

    private static let lease = "keel-preload"
    private static let pause = Duration.milliseconds(200)

    /// The images that were brought; those that are there already are left alone.
    func run() async throws(PreloadFault) -> [String] {
        let archives = try archives()
        guard !archives.isEmpty else { return [] }
        let store: RuntimeStore
        do throws(CallFailure) {
            store = try RuntimeStore(socket: socket, patience: .seconds(600))
            try await awaitAnswer(of: store)
        } catch {
            throw .runtime(error)
        }
        var brought: [String] = []
        for path in archives {
            let archive: ImageArchive
            do throws(ImageArchiveFault) { archive = try ImageArchive(path) } catch {
                throw .archive(error)
            }
            do throws(CallFailure) { brought += try await bring(archive, store) } catch {
                throw .runtime(error)
            }
        }
        return brought
    }

    private func archives() throws(PreloadFault) -> [String] {
        do throws(Errno) {
            return try Directory.names(at: folder).filter { $0.hasSuffix(".tar") }.sorted()
                .map { "\(folder)/\($0)" }
        } catch {
            if error == .noEntry { return [] }
            throw .folder(folder, error)
        }
    }

    /// The runtime was started just now, as a rule: what does not listen yet is asked again.
    private func awaitAnswer(of store: RuntimeStore) async throws(CallFailure) {
        let end = ContinuousClock.now + patience
        while true {
            do throws(CallFailure) {
                _ = try await store.manifest(of: "keel/none")
                return
            } catch {
                guard error.code == .unavailable, ContinuousClock.now < end else { throw error }
            }
            do { try await Task.sleep(for: Self.pause) } catch { throw .cancelled }
        }
    }

    private func bring(
        _ archive: ImageArchive,
        _ store: RuntimeStore
    ) async throws(CallFailure) -> [String] {
        var brought: [String] = []
        for image in archive.images {
            guard try await store.manifest(of: image.name) != image.manifest.digest else {
                continue
            }
            try await store.hold(Self.lease)
            // What it refers to first: a manifest is only there when all of it is.
            for blob in image.parts {
                try await write(blob, of: archive, to: store)
            }
            try await write(image.manifest, image.parts.map(\.digest), of: archive, to: store)
            try await store.name(image.name, image.manifest)
            try await store.release(Self.lease)
            brought.append(image.name)
        }
        return brought
    }

    private func write(
        _ blob: RuntimeStore.Blob,
        _ children: [String] = [],
        of archive: ImageArchive,
        to store: RuntimeStore
    ) async throws(CallFailure) {
        try await store.write(blob, children: children, lease: Self.lease) {
            (offset, most) throws(CallFailure) in
            do throws(ImageArchiveFault) {
                return try archive.read(blob, at: offset, most)
            } catch {
                throw CallFailure(.disk, error.sentence)
            }
        }
    }
}

/// Why an image was not brought.
enum PreloadFault: Error, Sendable {
    case folder(String, Errno)
    case archive(ImageArchiveFault)
    case runtime(CallFailure)

    var sentence: String {
        switch self {
        case .folder(let path, let error): "\(path) cannot be read: \(error)"
        case .archive(let fault): fault.sentence
        case .runtime(let failure): failure.sentence
        }
    }
}
