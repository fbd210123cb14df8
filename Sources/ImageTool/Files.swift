import Slots
import Syscalls
import Trust

/// Keys and policies have some hundred bytes.
private let keyFileLimit = 64 * 1024

/// Reads a small file whole.
func readFile(_ path: String, limit: Int) throws(ToolError) -> [UInt8] {
    do throws(Errno) {
        return try File.read(path, limit: limit)
    } catch {
        if error == .tooLarge { throw .tooLarge(path, limit: limit) }
        throw .system("read", path, error)
    }
}

/// Opens a file to read from.
func openFile(_ path: String) throws(ToolError) -> Descriptor {
    do throws(Errno) {
        return try Descriptor(opening: path, for: .reading)
    } catch {
        throw .system("open", path, error)
    }
}

func fileSize(_ file: borrowing Descriptor, _ path: String) throws(ToolError) -> Int {
    do throws(Errno) {
        return try file.status().size
    } catch {
        throw .system("look at", path, error)
    }
}

/// Hands the bytes of `range` to `body` in pieces of 1 MiB, the last one shorter.
func forEachPiece(
    of file: borrowing Descriptor,
    _ path: String,
    in range: Range<Int>,
    _ body: (Span<UInt8>) throws(ToolError) -> Void
) throws(ToolError) {
    var buffer: [UInt8] = []
    var offset = range.lowerBound
    while offset < range.upperBound {
        let count = min(1 << 20, range.upperBound - offset)
        if buffer.count != count { buffer = [UInt8](repeating: 0, count: count) }
        try readExactly(file, path, at: offset, into: &buffer)
        try body(buffer.span)
        offset += count
    }
}

/// Fills `buffer`.
func readExactly(
    _ file: borrowing Descriptor,
    _ path: String,
    at offset: Int,
    into buffer: inout [UInt8]
) throws(ToolError) {
    do throws(Errno) {
        let count = buffer.count
        var span = buffer.mutableSpan
        guard try file.read(into: &span, at: offset) == count else {
            throw Errno.inputOutput
        }
    } catch {
        throw .system("read", path, error)
    }
}

extension PrivateKey {
    static func read(_ path: String) throws(ToolError) -> PrivateKey {
        let pem = try readFile(path, limit: keyFileLimit)
        do throws(KeyError) {
            return try PrivateKey(pem: pem.span)
        } catch {
            throw .key(path, error)
        }
    }
}

extension PublicKey {
    static func read(_ path: String) throws(ToolError) -> PublicKey {
        let pem = try readFile(path, limit: keyFileLimit)
        do throws(KeyError) {
            return try PublicKey(pem: pem.span)
        } catch {
            throw .key(path, error)
        }
    }
}

extension TrustPolicy {
    /// Reads a trust directory.
    static func read(_ path: String) throws(ToolError) -> TrustPolicy {
        var files: [(name: String, bytes: [UInt8])] = []
        do throws(Errno) {
            for suffix in [".pub", "policy.json"] {
                for file in try Directory.files(at: path, suffix: suffix, limit: keyFileLimit) {
                    files.append((file.name, file.bytes))
                }
            }
        } catch {
            if error == .tooLarge { throw .tooLarge(path, limit: keyFileLimit) }
            throw .system("read", path, error)
        }
        do throws(TrustDirectoryError) {
            return try TrustDirectory.policy(files: files)
        } catch {
            throw .trust(path, error)
        }
    }
}
