import CGRPC
import Synchronization

/// What a tag on a completion queue is: an object that lives until its operation is over.
class Tag: @unchecked Sendable {
    /// The core orders what was done before an operation started before what is done after it
    /// ended, but by locks of its own, of which Swift's memory model knows nothing. This pair says
    /// it again.
    private let handedOver = Atomic<Bool>(false)
    /// What the operation reads and writes.
    private var kept: AnyObject?

    /// The address that the core keeps, with one reference to this object, and by it to `kept`.
    final func passToCore(keeping kept: AnyObject? = nil) -> UnsafeMutableRawPointer {
        self.kept = kept
        // Sound: balanced by `takeFromCore`.
        let address = unsafe Unmanaged.passRetained(self).toOpaque()
        handedOver.store(true, ordering: .releasing)
        return unsafe address
    }

    /// The object behind an address that the core gave back, with its reference.
    static func takeFromCore(_ address: UnsafeMutableRawPointer) -> Tag {
        // Sound: the core gives each tag back once, and only tags of `passToCore` are given to it.
        let tag = unsafe Unmanaged<Tag>.fromOpaque(address).takeRetainedValue()
        _ = tag.handedOver.load(ordering: .acquiring)
        return tag
    }

    /// What is to be done when the operation is over, on the queue's thread. Must not block.
    func complete(_ succeeded: Bool) {}
}

/// A tag that lets one task go on.
@safe
final class ContinuationTag: Tag, @unchecked Sendable {
    private let continuation: UnsafeContinuation<Bool, Never>

    init(_ continuation: UnsafeContinuation<Bool, Never>) {
        // Sound: resumed once, because the core gives each tag back once.
        unsafe self.continuation = continuation
    }

    override func complete(_ succeeded: Bool) {
        // Sound: as above.
        unsafe continuation.resume(returning: succeeded)
    }
}

/// A tag that runs a closure.
final class ClosureTag: Tag, @unchecked Sendable {
    private let body: @Sendable (Bool) -> Void

    init(_ body: @escaping @Sendable (Bool) -> Void) {
        self.body = body
    }

    override func complete(_ succeeded: Bool) { body(succeeded) }
}
