import CCrypto
import Slots

/// The one block of a PEM text: the words after `BEGIN` and the decoded bytes. RFC 7468.
struct PEMBlock {
    let label: String
    let bytes: [UInt8]

    /// A key file has some hundred bytes; one a hundred times longer is not looked at.
    static let limit = 64 * 1024

    init(label: String, bytes: [UInt8]) {
        self.label = label
        self.bytes = bytes
    }

    /// Passes over text before and after the block, as other readers do; refuses a second block.
    init(text: Span<UInt8>) throws(KeyError) {
        guard text.count <= Self.limit else { throw .notPEM }
        let stream = try MemoryStream()
        try stream.write(text)
        guard let block = stream.readBlock() else { throw .notPEM }
        guard stream.readBlock() == nil else { throw .severalBlocks }
        self = block
    }

    /// Every block of `text`, in order; text around them is passed over.
    ///
    /// Throws `.notPEM` when there is none, when one is damaged or cut, and for a text of more
    /// than `limit` bytes; `.severalBlocks` for more than `count` of them.
    static func all(in text: Span<UInt8>, limit: Int, count: Int) throws(KeyError) -> [PEMBlock] {
        guard text.count <= limit else { throw .notPEM }
        let stream = try MemoryStream()
        try stream.write(text)
        var blocks: [PEMBlock] = []
        while let block = try stream.nextBlock() {
            guard blocks.count < count else { throw .severalBlocks }
            blocks.append(block)
        }
        guard !blocks.isEmpty else { throw .notPEM }
        return blocks
    }

    /// The text, in lines of 64 characters.
    func text() throws(KeyError) -> [UInt8] {
        let stream = try MemoryStream()
        try stream.write(self)
        return stream.contents()
    }
}

/// libcrypto's queue of bytes in memory.
@safe
private struct MemoryStream: ~Copyable {
    // BIO*
    private let handle: OpaquePointer

    init() throws(KeyError) {
        // Sound: makes a stream of a constant kind; the result is checked.
        guard let made = unsafe BIO_new(BIO_s_mem()) else {
            throw .unable(reason: libcryptoReason())
        }
        // Sound: this value owns it from here on.
        unsafe handle = made
    }

    deinit {
        // Sound: this value owns the stream and all it holds.
        unsafe BIO_free_all(handle)
    }

    /// C function: `BIO_write_ex(3)`.
    func write(_ bytes: Span<UInt8>) throws(KeyError) {
        guard !bytes.isEmpty else { return }
        var count = 0
        // Sound: libcrypto copies the bytes during the call.
        let done = unsafe bytes.withUnsafeBufferPointer {
            unsafe BIO_write_ex(handle, $0.baseAddress, $0.count, &count)
        }
        guard done == 1, count == bytes.count else { throw .unable(reason: libcryptoReason()) }
    }

    /// C function: `PEM_write_bio(3)`.
    func write(_ block: PEMBlock) throws(KeyError) {
        // Sound: libcrypto reads the strings and `count` bytes during the call.
        let written = unsafe PEM_write_bio(
            handle,
            block.label,
            "",
            block.bytes,
            block.bytes.count
        )
        guard written > 0 else { throw .unable(reason: libcryptoReason()) }
    }

    /// The next block; `nil` when no line begins one any more.
    ///
    /// Throws `.notPEM` for one that begins and goes wrong.
    func nextBlock() throws(KeyError) -> PEMBlock? {
        ERR_clear_error()
        if let block = readBlock(clearing: false) {
            ERR_clear_error()
            return block
        }
        let reason = keel_error_reason(ERR_peek_last_error())
        ERR_clear_error()
        guard reason == PEM_R_NO_START_LINE else { throw .notPEM }
        return nil
    }

    /// The next block; `nil` when there is none. C function: `PEM_read_bio(3)`.
    func readBlock(clearing: Bool = true) -> PEMBlock? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        // Sound: the results are locals; what they point to is ours when 1 is returned.
        let found = unsafe PEM_read_bio(handle, &label, &header, &bytes, &count)
        defer {
            // Sound: each is nil or a block of libcrypto's own, used no more.
            unsafe CRYPTO_free(label, "", 0)
            unsafe CRYPTO_free(header, "", 0)
            unsafe CRYPTO_clear_free(bytes, count, "", 0)
            if clearing { ERR_clear_error() }
        }
        // Sound: both strings end with NUL and `bytes` has `count` bytes.
        guard found == 1, let label = unsafe label, let header = unsafe header else { return nil }
        let encrypted = unsafe String(cString: header).holds("ENCRYPTED")
        // Sound: as above; both are copied before they are freed.
        let words = unsafe String(cString: label)
        let copy = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
        return PEMBlock(label: (encrypted ? "ENCRYPTED " : "") + words, bytes: copy)
    }

    /// Takes out all that was written.
    func contents() -> [UInt8] {
        // Sound: asks for a number only.
        var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(handle))
        var count = 0
        // Sound: libcrypto writes at most `bytes.count` bytes and says how many.
        let done = unsafe BIO_read_ex(handle, &bytes, bytes.count, &count)
        precondition(done == 1 && count == bytes.count, "a memory stream gives what it holds")
        return bytes
    }
}
