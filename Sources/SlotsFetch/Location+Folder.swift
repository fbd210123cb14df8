import CCurl
import Glibc
import Slots

extension Location {
    /// Throws `.unusable` for a folder. libcurl would bring its names, or nothing at all.
    ///
    /// What is there and cannot be opened, a socket for example, libcurl itself refuses.
    func refuseFolder() throws(SourceError) {
        guard let path, Self.isFolder(path) else { return }
        let name = self == .standardInput ? "standard input" : path
        throw .unusable(reason: "\(name) is a folder; a release is a file ending in .keel")
    }

    /// As libcurl reads it from the URL; `nil` for a server. C function: `curl_url_get(3)`.
    private var path: String? {
        // Sound: the handle is this frame's, and is freed once.
        guard !isServer, let parts = unsafe curl_url() else { return nil }
        defer { unsafe curl_url_cleanup(parts) }
        // Sound: the text lives for the call, and libcurl copies it.
        let isURL = unsafe url.withCString { text in
            unsafe curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK
        }
        var text: UnsafeMutablePointer<CChar>?
        // Sound: libcurl allocates the text, which is freed once copied.
        guard isURL,
            unsafe curl_url_get(parts, CURLUPART_PATH, &text, UInt32(CURLU_URLDECODE)) == CURLUE_OK,
            let text = unsafe text
        else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }

    /// A pipe is not opened by this: whoever writes to it must not lose its reader.
    /// C function: `open(2)` `O_DIRECTORY`.
    private static func isFolder(_ path: String) -> Bool {
        // Sound: the path is copied into a C string for the call.
        let found = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard found >= 0 else { return false }
        close(found)
        return true
    }
}
