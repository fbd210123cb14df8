import CCurl
import Slots

/// libcurl's event loop and connection pool. Used on the worker's thread alone.
@safe
final class CurlMulti {
    private let handle: UnsafeMutableRawPointer  // CURLM*

    init() throws(SourceError) {
        // Sound: the handle is owned by self and freed in deinit.
        guard let handle = unsafe curl_multi_init() else {
            throw .unusable(reason: "curl_multi_init failed")
        }
        unsafe self.handle = handle
    }

    deinit {
        // Sound: no transfer is under way: `run` removes its handle before it returns.
        unsafe curl_multi_cleanup(handle)
    }

    /// For the consumer's thread. Must be given up before self goes.
    var waker: CurlWaker {
        // Sound: see CurlWaker.
        unsafe CurlWaker(handle: handle)
    }

    /// Runs one transfer to its end. `step` is called after everything that libcurl could do
    /// without waiting, and answers how long to wait for more at most, or `nil` to stop.
    ///
    /// Answers libcurl's result, `nil` when `step` stopped it.
    func run(_ easy: CurlEasy, step: () -> Duration?) -> CURLcode? {
        // Sound: `easy` outlives this call, and leaves the pool before it returns.
        guard unsafe curl_multi_add_handle(handle, easy.handle) == CURLM_OK else {
            return CURLE_FAILED_INIT
        }
        // Sound: added above.
        defer { unsafe _ = curl_multi_remove_handle(handle, easy.handle) }
        var running: Int32 = 1
        while true {
            // Sound: `running` is a local of this frame; callbacks reach only the exchange
            // that `easy` keeps alive.
            guard unsafe curl_multi_perform(handle, &running) == CURLM_OK else {
                return CURLE_FAILED_INIT
            }
            guard let wait = step() else { return nil }
            if running == 0 { break }
            // libcurl's own timers end this wait when they are due, and the waker when the
            // consumer wants something.
            let limit = Int32(max(min(wait / .milliseconds(1), 60_000), 0).rounded(.up))
            // Sound: no extra descriptors are passed.
            guard unsafe curl_multi_poll(handle, nil, 0, limit, nil) == CURLM_OK else {
                return CURLE_FAILED_INIT
            }
        }
        var result = CURLE_OK
        // Sound: `result` is a local of this frame.
        return unsafe keel_curl_next_result(handle, &result) == 1 ? result : CURLE_FAILED_INIT
    }
}

/// Ends the worker's wait for the network, from the consumer's thread.
///
/// It may be used only under the channel's lock: the worker takes it out of the channel under the
/// same lock before it frees the handle.
@safe
struct CurlWaker: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer  // CURLM*, not owned

    fileprivate init(handle: UnsafeMutableRawPointer) {
        // Sound: kept here, not followed.
        unsafe self.handle = handle
    }

    /// C function: `curl_multi_wakeup(3)`, which any thread may call.
    func wake() {
        // Sound: the handle lives, by the rule above.
        unsafe _ = curl_multi_wakeup(handle)
    }
}
