import CGRPC

/// The core's slices and byte buffers as plain values: copied in, copied out.
enum Slices {
    /// The bytes of a slice, which stays the caller's.
    static func bytes(_ slice: grpc_slice) -> [UInt8] {
        // Sound: start and length describe the slice's memory, which lives while it is held.
        unsafe withUnsafePointer(to: slice) { slice in
            let start = unsafe keel_grpc_slice_start(slice)
            let count = unsafe keel_grpc_slice_length(slice)
            return unsafe Array(UnsafeBufferPointer(start: start, count: count))
        }
    }

    /// The text of a slice, which stays the caller's. What is no UTF-8 is replaced.
    static func text(_ slice: grpc_slice) -> String {
        unsafe String(decoding: bytes(slice), as: UTF8.self)
    }

    /// A slice with a copy of `bytes`: the caller's, who must `grpc_slice_unref` it.
    static func make(_ bytes: [UInt8]) -> grpc_slice {
        // Sound: the core copies the bytes, as many as there are.
        unsafe bytes.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe grpc_slice_from_copied_buffer(start, bytes.count)
        }
    }

    /// A byte buffer with a copy of `bytes`: the caller's, who must `grpc_byte_buffer_destroy` it.
    static func makeBuffer(_ bytes: [UInt8]) -> UnsafeMutablePointer<grpc_byte_buffer>? {
        // Sound: the shim copies the bytes, as many as there are.
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe keel_grpc_buffer(bytes.baseAddress, bytes.count)
        }
    }

    /// The bytes of a received buffer, which stays the caller's. Compressed ones come as they are:
    /// decompression is switched off.
    static func bytes(_ buffer: UnsafeMutablePointer<grpc_byte_buffer>) -> [UInt8]? {
        // Sound: the length is that of the buffer; the shim writes no further than the room it is
        // told, and says how much it wrote.
        let room = unsafe grpc_byte_buffer_length(buffer)
        var isWhole = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { target, count in
            let copied = unsafe keel_grpc_buffer_read(buffer, target.baseAddress, room)
            isWhole = copied == room
            count = isWhole ? room : 0
        }
        return isWhole ? bytes : nil
    }
}
