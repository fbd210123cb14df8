public import SwiftProtobuf

/// Authorises calls and keeps their account.
public protocol CallGate: Sendable {
    /// Throws when the call is not allowed. Asked before the request is read, for every call that
    /// the door has a method for, and at the mutual door for methods that nobody knows as well.
    func admit(_ call: Call) throws(CallFailure)

    /// Asked about once a second for every stream that was admitted and goes on, on any thread.
    /// Throws when it may not: the stream ends with that.
    func review(_ call: Call) throws(CallFailure)

    /// Told once for every call that came through the door, also the refused ones, before its
    /// answer leaves. `request` is nil when it was never read.
    func ended(_ call: Call, request: (any SwiftProtobuf.Message)?, failure: CallFailure?)
}
