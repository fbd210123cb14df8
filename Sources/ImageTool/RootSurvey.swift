import Slots
import Trust

/// What one pass over a root finds out: its digest and its chunks. Memory grows by 36 bytes with
/// each chunk.
struct RootSurvey: ~Copyable {
    private let hashing: OpenSSLHashing
    private var chunker: Chunker
    private var whole: SHA256Stream
    private var chunk: SHA256Stream
    private var chunkLength = 0
    private var chunks: [(length: Int, digest: Digest)] = []

    init(average: Int, hashing: OpenSSLHashing) {
        self.hashing = hashing
        chunker = Chunker(average: average)
        whole = SHA256Stream(hashing)
        chunk = SHA256Stream(hashing)
    }

    /// Takes the next bytes of the root.
    mutating func add(_ bytes: Span<UInt8>) {
        whole.update(bytes)
        var rest = bytes
        while !rest.isEmpty {
            guard let count = chunker.cut(in: rest) else {
                chunk.update(rest)
                chunkLength += rest.count
                return
            }
            chunk.update(rest.extracting(..<count))
            chunkLength += count
            close()
            rest = rest.extracting(droppingFirst: count)
        }
    }

    consuming func finish() -> (sha256: Digest, index: ChunkIndex) {
        if chunkLength > 0 { close() }
        return (whole.finish(), ChunkIndex(chunks))
    }

    private mutating func close() {
        var ended = SHA256Stream(hashing)
        swap(&ended, &chunk)
        chunks.append((chunkLength, ended.finish()))
        chunkLength = 0
    }
}
