import SwiftProtobuf

/// What the container runtime of this machine keeps for Kubernetes: blobs by their digest, and
/// images, which are names of blobs.
///
/// Source: containerd's services `content.v1`, `images.v1` and `leases.v1`, of 1.6 to 2.x.
public final class RuntimeStore: Sendable {
    /// Bytes that lie in the runtime under the SHA-256 of all of them.
    public struct Blob: Sendable, Hashable {
        /// `sha256:` and 64 hexadecimal digits.
        public let digest: String
        public let size: Int
        public let mediaType: String

        public init(digest: String, size: Int, mediaType: String) {
            self.digest = digest
            self.size = size
            self.mediaType = mediaType
        }
    }

    /// Bytes of a blob that go over in one message.
    public static let pieceSize = 512 << 10

    private let socket: String
    private let channel: Channel
    /// For each call.
    private let patience: Duration

    /// Does not connect yet. `socket`: the path of the one the runtime listens on; `patience`: how
    /// long each call may take.
    public init(socket: String, patience: Duration) throws(CallFailure) {
        guard let security = ChannelCredentials.forThisMachine(),
            let channel = Channel("unix:\(socket)", .neighbour, security)
        else { throw CallFailure(.internal, "a client could not be made") }
        self.socket = socket
        self.channel = channel
        self.patience = patience
    }

    deinit { channel.close() }

    /// The digest of the manifest that `image` stands for; nil when there is no such image.
    public func manifest(of image: String) async throws(CallFailure) -> String? {
        var request = Containerd_GetImageRequest()
        request.name = image
        let answer = try await ask("images.v1.Images/Get", request)
        if answer.code == .notFound { return nil }
        try check(answer.code, answer.words)
        guard let bytes = answer.message,
            let found = try? Containerd_GetImageResponse(serializedBytes: bytes).image
        else { throw CallFailure(.internal, "the container runtime's answer is no image") }
        return found.target.digest
    }

    /// From here until `release`, what is written under this lease is not collected as rubbish.
    ///
    /// One that was left behind by a writer who died is taken over.
    public func hold(_ lease: String) async throws(CallFailure) {
        var request = Containerd_CreateLeaseRequest()
        request.id = lease
        let answer = try await ask("leases.v1.Leases/Create", request)
        if answer.code == .alreadyExists { return }
        try check(answer.code, answer.words)
    }

    public func release(_ lease: String) async throws(CallFailure) {
        var request = Containerd_DeleteLeaseRequest()
        request.id = lease
        let answer = try await ask("leases.v1.Leases/Delete", request)
        if answer.code == .notFound { return }
        try check(answer.code, answer.words)
    }

    /// Writes a blob, whose bytes come from `next(offset, most)`: the bytes from there on, at least
    /// one and at most so many. Nothing is written when it is there already.
    ///
    /// `children`: digests of what this one refers to, which is not collected while this one is
    /// kept. The runtime checks the digest; durable when it returns.
    public func write(
        _ blob: Blob,
        children: [String] = [],
        lease: String,
        from next: (_ offset: Int, _ most: Int) throws(CallFailure) -> [UInt8]
    ) async throws(CallFailure) {
        let path = "/containerd.services.content.v1.Content/Write"
        guard let call = channel.call(path, patience) else { throw Self.closed }
        defer { channel.forget(call) }
        // Under way for the whole call: a call that fails ends by this batch.
        let status = Batch().receiveStatus()
        let ended = End()
        guard call.start(status, ClosureTag { _ in ended.reached() }) else { throw Self.closed }
        do throws(CallFailure) {
            try await send(blob, children, lease, call, next)
        } catch {
            call.cancel()
            await ended.wait()
            throw error
        }
        await ended.wait()
        let (code, words, _) = status.status
        if code == .alreadyExists { return }
        try check(code, words)
    }

    /// Makes `image` the name of a manifest, whatever it named before. It is never removed to make
    /// room.
    ///
    /// Source of the labels: containerd's `pkg/cri/labels`.
    public func name(_ image: String, _ manifest: Blob) async throws(CallFailure) {
        var message = Containerd_Image()
        message.name = image
        message.labels = [
            "io.cri-containerd.image": "managed", "io.cri-containerd.pinned": "pinned",
        ]
        message.target.mediaType = manifest.mediaType
        message.target.digest = manifest.digest
        message.target.size = Int64(manifest.size)
        var creation = Containerd_CreateImageRequest()
        creation.image = message
        let answer = try await ask("images.v1.Images/Create", creation)
        guard answer.code == .alreadyExists else { return try check(answer.code, answer.words) }
        var update = Containerd_UpdateImageRequest()
        update.image = message
        let updated = try await ask("images.v1.Images/Update", update)
        try check(updated.code, updated.words)
    }

    /// Each piece waits for the answer to the one before. Returns also when the runtime ended the
    /// call: its status says why.
    private func send(
        _ blob: Blob,
        _ children: [String],
        _ lease: String,
        _ call: WireCall,
        _ next: (_ offset: Int, _ most: Int) throws(CallFailure) -> [UInt8]
    ) async throws(CallFailure) {
        var offset = 0
        while offset < blob.size {
            let most = min(Self.pieceSize, blob.size - offset)
            var request = Containerd_WriteContentRequest()
            request.ref = "keel-\(blob.digest)"
            request.total = Int64(blob.size)
            request.expected = blob.digest
            request.offset = Int64(offset)
            let piece = try next(offset, most)
            precondition((1...most).contains(piece.count), "a piece is as long as it may be")
            request.data = .init(piece)
            let isLast = offset + piece.count == blob.size
            request.action = isLast ? .commit : .write
            if isLast { request.labels = Self.labels(children) }
            let bytes = try encode(request)
            let batch =
                offset > 0
                ? Batch()
                : Batch().sendHeaders(metadata + [("containerd-lease", lease)]).receiveHeaders()
            guard await call.runCancellably(batch.sendMessage(bytes).receiveMessage()),
                batch.takeMessage() != nil
            else { return }
            offset += piece.count
        }
        await call.runCancellably(Batch().sendClose())
        // The core tells how a call ended when there is nothing left to be read.
        var last = Batch().receiveMessage()
        while await call.runCancellably(last), last.takeMessage() != nil {
            last = Batch().receiveMessage()
        }
    }

    /// What keeps children from being collected. Source: containerd's `docs/garbage-collection.md`.
    private static func labels(_ children: [String]) -> [String: String] {
        var labels: [String: String] = [:]
        for (number, child) in children.enumerated() {
            labels["containerd.io/gc.ref.content.\(number)"] = child
        }
        return labels
    }

    private var metadata: [(key: String, value: String)] { [("containerd-namespace", "k8s.io")] }

    private func ask(
        _ method: String,
        _ request: some Message
    ) async throws(CallFailure) -> Channel.Answer {
        let path = "/containerd.services.\(method)"
        guard
            let answer = await channel.ask(path, try encode(request), patience, metadata: metadata)
        else { throw Self.closed }
        return answer
    }

    private func encode(_ request: some Message) throws(CallFailure) -> [UInt8] {
        do { return try request.serializedBytes() } catch {
            throw CallFailure(.badRequest, "the request could not be encoded")
        }
    }

    private func check(_ code: StatusCode, _ words: String) throws(CallFailure) {
        switch code {
        case .ok: return
        case .deadlineExceeded: throw failure(code, "does not answer on \(socket) in time")
        case .unavailable:
            let why = ErrorTrailer.cut(words, to: 200)
            throw failure(code, "is not to be had on \(socket): \(why)")
        default: throw failure(code, "answers: \(ErrorTrailer.cut(words, to: 200))")
        }
    }

    private func failure(_ code: StatusCode, _ words: String) -> CallFailure {
        CallFailure(code: code, "the container runtime \(words)")
    }

    private static let closed = CallFailure(code: .unavailable, "this client is closed")
}
