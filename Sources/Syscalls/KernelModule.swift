import CLinux

/// Parts of the kernel that are loaded when they are needed.
public enum KernelModule {
    /// Loads the module in a file. A file that ends in `.xz`, `.zst` or `.gz` is unpacked by the
    /// kernel, if it can.
    ///
    /// Throws `.exists` when it is loaded already, `.noEntry` also for a symbol that is missing.
    /// C function: `finit_module(2)`.
    public static func load(_ path: String, parameters: String = "") throws(Errno) {
        if parameters.utf8.contains(0) { throw .invalid }
        let file = try Descriptor(opening: path, for: .reading)
        let number = file.number
        let isPacked = [".xz", ".zst", ".gz"].contains { path.hasSuffix($0) }
        let flags = isPacked ? compressedFile : 0
        // Sound: the string lives, NUL-terminated, for the call.
        _ = try checked { unsafe clinux_finit_module(number, parameters, flags) }
    }

    /// `MODULE_INIT_COMPRESSED_FILE` of `linux/module.h`, which older headers do not have.
    private static let compressedFile: CInt = 4
}

extension Errno {
    /// There is no such device.
    public static let noDevice = Errno(ENODEV)
}
