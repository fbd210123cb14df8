import Glibc

/// How many descriptors this process may have.
public enum OpenFiles {
    /// Raises the soft limit to `wanted`, or to the hard limit when that is lower. Never lowers it.
    /// The limit in force afterwards.
    ///
    /// C functions: `getrlimit(2)`, `setrlimit(2)`, RLIMIT_NOFILE.
    public static func allow(_ wanted: Int) throws(Errno) -> Int {
        var limit = rlimit()
        // Sound: `limit` is a local of this frame.
        _ = try checked { unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        let raised = min(rlim_t(wanted), limit.rlim_max)
        guard raised > limit.rlim_cur else { return Int(clamping: limit.rlim_cur) }
        limit.rlim_cur = raised
        // Sound: as above.
        _ = try checked { unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        return Int(raised)
    }
}
