import CLinux

extension Errno {
    public static let addressInUse = Errno(EADDRINUSE)
    public static let brokenPipe = Errno(EPIPE)
    public static let connectionAborted = Errno(ECONNABORTED)
    public static let connectionReset = Errno(ECONNRESET)
    public static let nameTooLong = Errno(ENAMETOOLONG)
    public static let notPermitted = Errno(EPERM)
    public static let permissionDenied = Errno(EACCES)
    /// Nobody listens there.
    public static let refused = Errno(ECONNREFUSED)
}
