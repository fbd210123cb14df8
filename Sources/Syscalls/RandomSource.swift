import CLinux

/// Bytes nobody can guess, from the kernel. C function: `getrandom(2)`.
public enum RandomSource {
    /// - Precondition: `count` is 0...256, which the kernel always gives in one piece.
    public static func bytes(_ count: Int) throws(Errno) -> [UInt8] {
        precondition((0...256).contains(count), "few random bytes are asked for")
        var bytes = [UInt8](repeating: 0, count: count)
        // Sound: the kernel writes at most `count` bytes.
        let given = try checked { unsafe getrandom(&bytes, count, 0) }
        guard given == count else { throw .inputOutput }
        return bytes
    }
}
