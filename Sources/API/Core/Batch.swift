import CGRPC

/// The operations of one batch and the memory that they read and write.
///
/// Lives as long as its tag. It has one owner at a time: the task that builds it, then the core,
/// then the task that the tag lets go on. Hence `@unchecked`.
@safe
final class Batch: @unchecked Sendable {
    // Sound: an empty list points to nothing.
    private var operations: [grpc_op] = unsafe []
    private var sent: UnsafeMutablePointer<grpc_byte_buffer>?
    /// Metadata of our own: a client's leading, a server's trailing.
    private var fields: UnsafeMutableBufferPointer<grpc_metadata>?
    private let received: UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>
    /// The peer's leading and trailing metadata.
    private let metadata: UnsafeMutablePointer<grpc_metadata_array>
    private let code: UnsafeMutablePointer<grpc_status_code>
    private let words: UnsafeMutablePointer<grpc_slice>
    private let flag: UnsafeMutablePointer<Int32>

    init() {
        // Sound: all of it is initialised here, and freed in deinit.
        unsafe received = .allocate(capacity: 1)
        unsafe received.initialize(to: nil)
        unsafe metadata = .allocate(capacity: 2)
        unsafe grpc_metadata_array_init(metadata)
        unsafe grpc_metadata_array_init(metadata + 1)
        unsafe code = .allocate(capacity: 1)
        unsafe code.initialize(to: GRPC_STATUS_UNKNOWN)
        unsafe words = .allocate(capacity: 1)
        unsafe words.initialize(to: grpc_empty_slice())
        unsafe flag = .allocate(capacity: 1)
        unsafe flag.initialize(to: 0)
    }

    deinit {
        // Sound: the core is done with the batch, because its tag held it until then.
        if let sent = unsafe sent { unsafe grpc_byte_buffer_destroy(sent) }
        if let buffer = unsafe received.pointee { unsafe grpc_byte_buffer_destroy(buffer) }
        if let fields = unsafe fields {
            for index in fields.indices {
                // Sound: as above.
                unsafe grpc_slice_unref(fields[index].key)
                unsafe grpc_slice_unref(fields[index].value)
            }
            // Sound: as above.
            unsafe fields.deallocate()
        }
        // Sound: as above.
        unsafe grpc_slice_unref(words.pointee)
        unsafe grpc_metadata_array_destroy(metadata)
        unsafe grpc_metadata_array_destroy(metadata + 1)
        unsafe received.deallocate()
        unsafe metadata.deallocate()
        unsafe code.deallocate()
        unsafe words.deallocate()
        unsafe flag.deallocate()
    }

    /// Calls `body` with the operations, for `grpc_call_start_batch`.
    func withOperations<R>(_ body: (UnsafePointer<grpc_op>?, Int) -> R) -> R {
        // Sound: the core copies the operations; what they point to lives as long as the batch.
        unsafe operations.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
    }

    private func add(_ kind: grpc_op_type, _ fill: (inout grpc_op) -> Void = { _ in }) -> Batch {
        // Sound: an operation of zeroes is a valid one of no payload; `fill` sets the payload.
        var operation = unsafe grpc_op()
        unsafe operation.op = kind
        unsafe fill(&operation)
        unsafe operations.append(operation)
        return self
    }
}

// Sending.
extension Batch {
    /// Begins a call, with `metadata` beside it.
    func sendHeaders(_ metadata: [(key: String, value: String)] = []) -> Batch {
        keep(metadata.map { ($0.key, Array($0.value.utf8)) })
        // Sound: the entries are freed in deinit, after the core is done with them.
        return unsafe add(GRPC_OP_SEND_INITIAL_METADATA) { operation in
            unsafe operation.data.send_initial_metadata.count = fields?.count ?? 0
            unsafe operation.data.send_initial_metadata.metadata = fields?.baseAddress
        }
    }

    func sendMessage(_ bytes: [UInt8]) -> Batch {
        // Sound: the buffer is freed in deinit, after the core is done with it.
        unsafe sent = Slices.makeBuffer(bytes)
        return unsafe add(GRPC_OP_SEND_MESSAGE) { operation in
            unsafe operation.data.send_message.send_message = sent
        }
    }

    // Sound: as above.
    func sendClose() -> Batch { unsafe add(GRPC_OP_SEND_CLOSE_FROM_CLIENT) }

    /// Ends a call on the server's side, with `detail` in the trailing metadata.
    func sendStatus(_ status: StatusCode, _ sentence: String, _ detail: [UInt8]?) -> Batch {
        // Sound: slices and entries are freed in deinit, after the core is done with them.
        unsafe words.pointee = Slices.make(Array(sentence.utf8))
        if let detail { keep([(ErrorTrailer.key, detail)]) }
        // Sound: as above.
        return unsafe add(GRPC_OP_SEND_STATUS_FROM_SERVER) { operation in
            unsafe operation.data.send_status_from_server.status = status.raw
            unsafe operation.data.send_status_from_server.status_details = words
            unsafe operation.data.send_status_from_server.trailing_metadata_count =
                fields?.count ?? 0
            unsafe operation.data.send_status_from_server.trailing_metadata = fields?.baseAddress
        }
    }

    /// Keeps the metadata that the core is to send.
    private func keep(_ metadata: [(key: String, value: [UInt8])]) {
        guard !metadata.isEmpty else { return }
        // Sound: every entry is initialised here and freed in deinit.
        let entries = UnsafeMutableBufferPointer<grpc_metadata>.allocate(capacity: metadata.count)
        for (index, entry) in metadata.enumerated() {
            // Sound: as above.
            var raw = unsafe grpc_metadata()
            unsafe raw.key = Slices.make(Array(entry.key.utf8))
            unsafe raw.value = Slices.make(entry.value)
            unsafe entries.initializeElement(at: index, to: raw)
        }
        // Sound: as above.
        unsafe fields = entries
    }
}

// Receiving. The memory that the core writes to is the batch's own, and lives as long as it.
extension Batch {
    func receiveHeaders() -> Batch {
        // Sound: see above.
        unsafe add(GRPC_OP_RECV_INITIAL_METADATA) { operation in
            unsafe operation.data.recv_initial_metadata.recv_initial_metadata = metadata
        }
    }

    func receiveMessage() -> Batch {
        // Sound: see above.
        unsafe add(GRPC_OP_RECV_MESSAGE) { operation in
            unsafe operation.data.recv_message.recv_message = received
        }
    }

    func receiveStatus() -> Batch {
        // Sound: see above.
        unsafe add(GRPC_OP_RECV_STATUS_ON_CLIENT) { operation in
            unsafe operation.data.recv_status_on_client.trailing_metadata = metadata + 1
            unsafe operation.data.recv_status_on_client.status = code
            unsafe operation.data.recv_status_on_client.status_details = words
        }
    }

    func receiveClose() -> Batch {
        // Sound: see above.
        unsafe add(GRPC_OP_RECV_CLOSE_ON_SERVER) { operation in
            unsafe operation.data.recv_close_on_server.cancelled = flag
        }
    }
}

// What was received, once the batch is over.
extension Batch {
    /// The message, once; nil when there was none.
    func takeMessage() -> [UInt8]? {
        // Sound: the core has handed the buffer over; it is freed here and forgotten.
        guard let buffer = unsafe received.pointee else { return nil }
        unsafe received.pointee = nil
        defer { unsafe grpc_byte_buffer_destroy(buffer) }
        return unsafe Slices.bytes(buffer)
    }

    /// How the call ended, on the client's side.
    var status: (code: StatusCode, words: String, detail: [UInt8]?) {
        // Sound: the core has written all three; the slices are held until deinit.
        let number = unsafe Int(code.pointee.rawValue)
        return unsafe (
            StatusCode(rawValue: number) ?? .unknown, Slices.text(words.pointee),
            trailing(ErrorTrailer.key)
        )
    }

    /// Whether the client is gone, on the server's side.
    var wasCancelled: Bool {
        // Sound: the core has written it.
        unsafe flag.pointee != 0
    }

    private func trailing(_ key: String) -> [UInt8]? {
        // Sound: as many entries as the array says; the slices are held until deinit.
        let entries = unsafe (metadata + 1).pointee
        for index in unsafe 0..<entries.count {
            let entry = unsafe entries.metadata[index]
            if unsafe Slices.text(entry.key) == key { return unsafe Slices.bytes(entry.value) }
        }
        return nil
    }
}
