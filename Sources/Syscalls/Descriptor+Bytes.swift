import CLinux

extension Descriptor {
    /// Fills `buffer` from `offset`; fewer bytes only at the end of the file. Returns how many.
    ///
    /// C function: `pread(2)`.
    public func read(
        into buffer: inout MutableSpan<UInt8>,
        at offset: Int
    ) throws(Errno) -> Int {
        let number = number
        var done = 0
        while done < buffer.count {
            let start = done
            // Sound: the kernel writes at most the rest of the buffer, within the closure.
            let count = unsafe try buffer.withUnsafeMutableBytes { (bytes) throws(Errno) in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
                return try checked {
                    unsafe pread(number, rest.baseAddress, rest.count, off_t(offset + start))
                }
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all of `bytes` at `offset`.
    ///
    /// C function: `pwrite(2)`.
    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(Errno) {
        let number = number
        var done = 0
        while done < bytes.count {
            let start = done
            // Sound: the kernel reads only the rest of the bytes, within the closure.
            let count = unsafe try bytes.withUnsafeBytes { (bytes) throws(Errno) in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                return try checked {
                    unsafe pwrite(number, rest.baseAddress, rest.count, off_t(offset + start))
                }
            }
            guard count > 0 else { throw .inputOutput }
            done += count
        }
    }

    /// Reads the next bytes of a stream, as many as there are now; 0 at its end.
    ///
    /// C function: `read(2)`.
    public func readNext(into buffer: inout MutableSpan<UInt8>) throws(Errno) -> Int {
        let number = number
        // Sound: the kernel writes at most the buffer's length, within the closure.
        return unsafe try buffer.withUnsafeMutableBytes { (bytes) throws(Errno) in
            try checked { unsafe CLinux.read(number, bytes.baseAddress, bytes.count) }
        }
    }

    /// Writes all of `bytes` to a stream, or at the file's own position.
    ///
    /// C function: `write(2)`.
    public func writeNext(_ bytes: Span<UInt8>) throws(Errno) {
        try Self.writeNext(bytes, to: number)
    }

    /// The same for a descriptor that somebody else owns.
    static func writeNext(_ bytes: Span<UInt8>, to number: Int32) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let start = done
            // Sound: the kernel reads only the rest of the bytes, within the closure.
            let count = unsafe try bytes.withUnsafeBytes { (bytes) throws(Errno) in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                return try checked {
                    unsafe CLinux.write(number, rest.baseAddress, rest.count)
                }
            }
            guard count > 0 else { throw .inputOutput }
            done += count
        }
    }

    /// Makes the file exactly `size` bytes long; new bytes are zero and take no room.
    ///
    /// C function: `ftruncate(2)`.
    public func resize(to size: Int) throws(Errno) {
        let number = number
        _ = try checked { ftruncate(number, off_t(size)) }
    }

    /// Gives the room of `range` back to the file system; it reads as zeros afterwards.
    ///
    /// C function: `fallocate(2)`.
    public func punchHole(_ range: Range<Int>) throws(Errno) {
        let number = number
        let mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
        _ = try checked {
            fallocate(number, mode, off_t(range.lowerBound), off_t(range.count))
        }
    }

    /// Asks the kernel to forget its clean copies of the whole file, so that reads go to the
    /// medium.
    ///
    /// Never a part of it: the kernel leaves alone what a range covers only in part, and what it
    /// keeps together may be megabytes. C function: `posix_fadvise(2)`.
    public func dropCache() throws(Errno) {
        let number = number
        // A length of 0 goes to the end.
        try checkedCode { posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED) }
    }
}
