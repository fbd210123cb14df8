import CLinux

/// What the kernel says about an open file.
public struct FileStatus: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case file
        case directory
        case blockDevice = "block device"
        case characterDevice = "character device"
        case pipe
        case socket
        case other
    }

    /// A device's number, as in `/sys/dev/block/MAJOR:MINOR`.
    public struct DeviceNumber: Sendable, Hashable, CustomStringConvertible {
        public let major: UInt32
        public let minor: UInt32
        public var description: String { "\(major):\(minor)" }
    }

    public let kind: Kind
    /// Bytes. 0 for devices: see `blockDeviceSize()`.
    public let size: Int
    /// Which device it is, when it is one.
    public let device: DeviceNumber
}

extension Descriptor {
    /// What it is and how large. C function: `fstat(2)`.
    public func status() throws(Errno) -> FileStatus {
        let number = number
        var found = stat()
        // Sound: the kernel fills the whole structure.
        _ = try checked { unsafe fstat(number, &found) }
        let kind: FileStatus.Kind =
            switch CInt(found.st_mode) & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFBLK: .blockDevice
            case S_IFCHR: .characterDevice
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            default: .other
            }
        return FileStatus(
            kind: kind,
            size: Int(found.st_size),
            device: FileStatus.DeviceNumber(
                major: gnu_dev_major(found.st_rdev),
                minor: gnu_dev_minor(found.st_rdev)
            )
        )
    }

    /// Whether a person is likely to be at the other end. C function: `isatty(3)`.
    public var isTerminal: Bool { isatty(number) == 1 }
}

/// Whether standard output (or standard error) is a terminal. C function: `isatty(3)`.
public enum Terminal {
    public static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
    public static var isError: Bool { isatty(STDERR_FILENO) == 1 }
}
