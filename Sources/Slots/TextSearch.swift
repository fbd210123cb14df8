extension StringProtocol {
    /// Where `words` stand in it for the first time, compared byte by byte.
    ///
    /// As the standard library's `firstRange(of:)`, which brings regular expressions into the
    /// program: over a megabyte, and the first process lies in the initramfs too.
    public func place(of words: String) -> Range<Index>? {
        guard let first = words.utf8.first else { return startIndex..<startIndex }
        var start = startIndex
        while let here = utf8[start...].firstIndex(of: first) {
            if utf8[here...].starts(with: words.utf8) {
                return here..<utf8.index(here, offsetBy: words.utf8.count)
            }
            start = utf8.index(after: here)
        }
        return nil
    }

    /// Whether `words` stand in it, compared byte by byte.
    public func holds(_ words: String) -> Bool { place(of: words) != nil }
}
