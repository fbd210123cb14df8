import CLinux

/// A nil-terminated list of C strings.
@safe
struct CStrings: ~Copyable {
    // char**
    let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        // Sound: every place is set at once; `deinit` frees each string and the list.
        unsafe list = .allocate(capacity: count + 1)
        for index in 0..<count { unsafe (list + index).initialize(to: strdup(strings[index])) }
        unsafe (list + count).initialize(to: nil)
    }

    deinit {
        // Sound: `strdup` made the strings, and nobody uses them any more.
        for index in 0..<count { unsafe free(list[index]) }
        unsafe list.deallocate()
    }
}
