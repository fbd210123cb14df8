import CCurl
import Slots

/// One libcurl transfer handle, used again for each request. Used on the worker's thread alone.
@safe
final class CurlEasy {
    let handle: UnsafeMutableRawPointer  // CURL*
    /// CURL_ERROR_SIZE bytes that libcurl writes its words into.
    private let words: UnsafeMutablePointer<CChar>
    /// Fields of the current request. libcurl keeps the address.
    private var fields: UnsafeMutablePointer<curl_slist>?
    /// What the callbacks report to. libcurl keeps the address.
    private var exchange: Exchange?
    /// The connection opened last.
    fileprivate var socket = CURL_SOCKET_BAD

    init() throws(SourceError) {
        // Sound: owned by self, freed in deinit.
        guard let handle = unsafe curl_easy_init() else {
            throw .unusable(reason: "curl_easy_init failed")
        }
        unsafe self.handle = handle
        // Sound: as above; zeroed, so that it is a C string from the start.
        unsafe words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // Sound: `words` outlives the handle: see deinit.
        try unsafe check(keel_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, words), "error buffer")
        // Sound: top-level functions that keep no state of their own.
        try unsafe check(
            keel_curl_set_receive(handle, CURLOPT_WRITEFUNCTION, receiveBody),
            "callback"
        )
        // Sound: as above.
        try unsafe check(
            keel_curl_set_receive(handle, CURLOPT_HEADERFUNCTION, receiveField),
            "callback"
        )
        // Sound: as above; self outlives the handle, and connections are opened by it alone.
        try unsafe check(keel_curl_set_opened(handle, noteSocket), "callback")
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try unsafe check(keel_curl_set_pointer(handle, CURLOPT_SOCKOPTDATA, context), "context")
    }

    deinit {
        // Sound: the handle goes first: it knows the addresses of the other two.
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(fields)
        unsafe words.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(SourceError) {
        // Sound: the shim passes the C type that these options take.
        try unsafe check(keel_curl_set_long(handle, option, value), "\(option.rawValue)")
    }

    func set(_ option: CURLoption, offset value: Int) throws(SourceError) {
        // Sound: as above.
        try unsafe check(
            keel_curl_set_offset(handle, option, curl_off_t(value)),
            "\(option.rawValue)"
        )
    }

    /// `nil` puts libcurl's default back.
    func set(_ option: CURLoption, _ value: String?) throws(SourceError) {
        guard let value else {
            // Sound: NULL is what libcurl takes for "no value".
            try unsafe check(keel_curl_set_text(handle, option, nil), "\(option.rawValue)")
            return
        }
        // Sound: libcurl copies the text.
        let code = unsafe value.withCString { unsafe keel_curl_set_text(handle, option, $0) }
        try check(code, "\(option.rawValue)")
    }

    func set(_ option: CURLoption, blob: [UInt8]) throws(SourceError) {
        // Sound: libcurl copies the bytes.
        let code = unsafe blob.withUnsafeBytes {
            unsafe keel_curl_set_blob(handle, option, $0.baseAddress, $0.count)
        }
        try check(code, "\(option.rawValue)")
    }

    /// Makes the next transfer the one that `exchange` asks for and reports on.
    func prepare(_ exchange: Exchange) throws(SourceError) {
        self.exchange = exchange
        // Sound: self holds the exchange until the next one takes its place.
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        try unsafe check(keel_curl_set_pointer(handle, CURLOPT_WRITEDATA, context), "context")
        try unsafe check(keel_curl_set_pointer(handle, CURLOPT_HEADERDATA, context), "context")
        try set(CURLOPT_RANGE, exchange.request.range)
        try set(fields: exchange.condition.map { ["If-Range: \($0)"] } ?? [])
    }

    /// Puts these lines into the head of each request from now on, in place of those before. One
    /// without a value, such as `Expect:`, keeps libcurl from writing its own.
    func set(fields lines: [String]) throws(SourceError) {
        // Sound: the old list is freed only after libcurl has the new one.
        let old = unsafe fields
        unsafe fields = nil
        for line in lines {
            // Sound: libcurl copies the text; NULL leaves the list as it was.
            let longer = unsafe line.withCString { unsafe curl_slist_append(fields, $0) }
            guard let longer = unsafe longer else { throw .unusable(reason: "no memory") }
            unsafe fields = longer
        }
        // Sound: the handle keeps the new list, which lives until it is replaced here; only then
        // is the old one freed.
        try unsafe check(keel_curl_set_pointer(handle, CURLOPT_HTTPHEADER, fields), "fields")
        unsafe curl_slist_free_all(old)
    }

    /// What the next request sends; its method is POST then, unless another is named.
    func set(body: [UInt8]) throws(SourceError) {
        // Sound: libcurl copies the bytes.
        let code = unsafe body.withUnsafeBytes {
            unsafe keel_curl_set_body(handle, $0.baseAddress, $0.count)
        }
        try check(code, "body")
    }

    /// Lets a paused transfer go on; its held-back bytes are handed over during this call.
    func resume() {
        // Sound: the handle lives, and this is the worker's thread.
        unsafe _ = keel_curl_resume(handle)
    }

    /// Has the connection acknowledge at once what came. A server that gathers small packets
    /// (nginx with `tcp_nopush`) holds the end of an answer back until its start was acknowledged:
    /// left to itself, Linux lets it wait 40 ms for each part of the bundle.
    func acknowledge() {
        // A hint: a number that no longer is that connection's refuses it or ignores it.
        if socket != CURL_SOCKET_BAD { keel_tcp_acknowledge(socket) }
    }

    /// libcurl's words for how the last transfer ended.
    func reason(_ code: CURLcode) -> String {
        // Sound: both are C strings; `words` is ours, the other is static.
        if unsafe words[0] != 0 { return unsafe String(cString: words) }
        return unsafe String(cString: curl_easy_strerror(code))
    }

    /// A number about the last transfer; 0 where libcurl knows none.
    func number(_ item: CURLINFO) -> Int {
        var value = 0
        // Sound: `value` is a C long, the type that these items have.
        guard unsafe keel_curl_get_long(handle, item, &value) == CURLE_OK else { return 0 }
        return value
    }

    /// A size or a time of the last transfer; 0 where libcurl knows none.
    func offset(_ item: CURLINFO) -> Int {
        var value: curl_off_t = 0
        // Sound: `value` has the type that these items have.
        guard unsafe keel_curl_get_offset(handle, item, &value) == CURLE_OK else { return 0 }
        return Int(value)
    }

    private func check(_ code: CURLcode, _ what: String) throws(SourceError) {
        guard code == CURLE_OK else {
            throw .unusable(reason: "curl option \(what): \(reason(code))")
        }
    }
}

/// Bytes of a body: all of them taken, or none. C type: `curl_write_callback`.
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // Sound: compared with NULL, not followed.
    guard let context = unsafe context else { return 0 }
    // Sound: `prepare` stored the exchange, which the handle's owner keeps alive; the bytes
    // are libcurl's for the length of this call.
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    switch unsafe exchange.receive(UnsafeRawBufferPointer(start: bytes, count: count)) {
    case .taken: return count
    case .paused: return Int(CURL_WRITEFUNC_PAUSE)
    case .stopped: return Int(CURL_WRITEFUNC_ERROR)
    }
}

/// One line of an answer's head. C type: `curl_write_callback`.
private func receiveField(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // Sound: compared with NULL, not followed.
    guard let context = unsafe context else { return 0 }
    // Sound: as in receiveBody.
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    return unsafe exchange.receive(field: line.bindMemory(to: UInt8.self).span) ? count : 0
}

/// A connection is being opened. C type: `curl_sockopt_callback`.
private func noteSocket(
    _ context: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _: curlsocktype
) -> Int32 {
    // Sound: the handle that calls is owned by the object that was passed.
    if let context = unsafe context {
        unsafe Unmanaged<CurlEasy>.fromOpaque(context).takeUnretainedValue().socket = socket
    }
    return CURL_SOCKOPT_OK
}
