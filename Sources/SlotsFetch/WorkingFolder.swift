import Glibc

/// Where relative paths begin.
package enum WorkingFolder {
    /// The absolute path; `nil` when the folder is gone or out of reach. C function: `getcwd(3)`.
    package static var path: String? {
        // Sound: with NULL the C library allocates the text, which is freed once copied.
        guard let text = unsafe getcwd(nil, 0) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}
