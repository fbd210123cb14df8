import CControl

/// Memory for the parts of one message while protobuf-c packs it; all of it goes away at once.
///
/// What it hands out are copies, so a C message never points into a Swift value, and the library's
/// own `free_unpacked` is never called on them.
@safe
struct Arena {
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    /// Runs `pack` with memory that lives exactly as long as the call.
    static func during(
        _ pack: (inout Arena) throws(MessageFault) -> [UInt8]
    ) throws(MessageFault) -> [UInt8] {
        var arena = Arena()
        defer { arena.release() }
        return try pack(&arena)
    }

    private mutating func release() {
        // Sound: each block was allocated here, and whoever had a pointer to it has returned.
        for index in unsafe blocks.indices { unsafe blocks[index].deallocate() }
        unsafe blocks = []
    }

    private mutating func allocate<Part>(
        _ type: Part.Type,
        _ count: Int
    ) -> UnsafeMutablePointer<Part> {
        // Sound: the block is freed in `release`, after the closure that uses it.
        let memory = UnsafeMutablePointer<Part>.allocate(capacity: count)
        unsafe blocks.append(UnsafeMutableRawPointer(memory))
        return unsafe memory
    }

    /// The bytes of a text.
    mutating func text(_ text: String) -> ProtobufCBinaryData { unsafe bytes(Array(text.utf8)) }

    mutating func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        guard !bytes.isEmpty else {
            // Sound: no bytes, no pointer.
            return unsafe ProtobufCBinaryData(len: 0, data: nil)
        }
        let memory = unsafe allocate(UInt8.self, bytes.count)
        // Sound: the block has just that many places.
        unsafe memory.initialize(from: bytes, count: bytes.count)
        return unsafe ProtobufCBinaryData(len: bytes.count, data: memory)
    }

    /// A list of texts; its length is that of `texts`.
    mutating func texts(_ texts: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        guard !texts.isEmpty else { return nil }
        let list = unsafe allocate(ProtobufCBinaryData.self, texts.count)
        // Sound: the block has a place for each text.
        for (index, item) in texts.enumerated() {
            unsafe (list + index).initialize(to: text(item))
        }
        return unsafe list
    }

    /// A message that another one points to: a plain C structure that owns nothing.
    mutating func part<Part>(_ part: Part) -> UnsafeMutablePointer<Part> {
        let memory = unsafe allocate(Part.self, 1)
        // Sound: the block has one place.
        unsafe memory.initialize(to: part)
        return unsafe memory
    }

    /// A list of pointers to messages; its length is that of `parts`.
    mutating func list<Part>(
        _ parts: [UnsafeMutablePointer<Part>]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Part>?>? {
        // Sound: only the length is looked at.
        guard unsafe !parts.isEmpty else { return nil }
        let list = unsafe allocate(UnsafeMutablePointer<Part>?.self, parts.count)
        // Sound: the block has a place for each pointer.
        for index in unsafe parts.indices {
            unsafe (list + index).initialize(to: parts[index])
        }
        return unsafe list
    }
}
