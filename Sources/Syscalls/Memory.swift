import CLinux

/// How the process keeps memory it has freed.
public enum Memory {
    /// Gives every large block back to the system when it is freed, and keeps one heap for all
    /// threads, so that the peak is what is used at once. Call it first of all.
    ///
    /// C function: `mallopt(3)`.
    public static func returnLargeBlocks() {
        // Fixed: glibc would otherwise raise the limit with every large block that is freed.
        _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
        _ = mallopt(M_TRIM_THRESHOLD, 512 << 10)
        _ = mallopt(M_ARENA_MAX, 1)
    }

    /// Gives freed pages back to the system, those between blocks in use as well.
    ///
    /// C function: `malloc_trim(3)`.
    public static func trim() { _ = malloc_trim(0) }
}
