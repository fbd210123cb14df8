import CGRPC
import Synchronization

/// A call that the core was asked for.
@safe
final class ArrivalTag: Tag, @unchecked Sendable {
    private let listener: Listener
    let call: UnsafeMutablePointer<OpaquePointer?>
    let details: UnsafeMutablePointer<grpc_call_details>
    let metadata: UnsafeMutablePointer<grpc_metadata_array>

    init(_ listener: Listener) {
        self.listener = listener
        // Sound: initialised here, freed in deinit.
        unsafe call = .allocate(capacity: 1)
        unsafe call.initialize(to: nil)
        unsafe details = .allocate(capacity: 1)
        unsafe grpc_call_details_init(details)
        unsafe metadata = .allocate(capacity: 1)
        unsafe grpc_metadata_array_init(metadata)
    }

    deinit {
        // Sound: the core has given the tag back.
        unsafe grpc_call_details_destroy(details)
        unsafe grpc_metadata_array_destroy(metadata)
        unsafe call.deallocate()
        unsafe details.deallocate()
        unsafe metadata.deallocate()
    }

    override func complete(_ succeeded: Bool) {
        // Not succeeded: the server is being stopped.
        // Sound: the core has written the call and its details.
        guard succeeded, let call = unsafe call.pointee else { return }
        listener.expect()
        unsafe listener.arrived(call, Slices.text(details.pointee.method))
    }
}

/// Numbers the calls of this process.
enum CallNumber {
    private static let last = Atomic<UInt64>(0)

    static func next() -> UInt64 {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
