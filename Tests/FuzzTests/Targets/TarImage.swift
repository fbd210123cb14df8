/// A tar archive, made by hand, byte by byte. POSIX.1-2017 `pax`, "ustar Interchange Format".
enum TarImage {
    static let block = 512

    /// The four members of a bundle, and the end mark.
    static func bundle(
        manifest: [UInt8],
        signatures: [UInt8],
        index: [UInt8],
        root: [UInt8]
    ) -> [UInt8] {
        member("manifest.json", manifest) + member("manifest.sig", signatures)
            + member("chunks.idx", index) + member("root.squashfs", root) + end
    }

    /// Two blocks of zeros.
    static let end = [UInt8](repeating: 0, count: 2 * block)

    /// A header, the content, and zeros up to a whole block.
    static func member(_ name: String, _ content: [UInt8], type: Character = "0") -> [UInt8] {
        header(name, size: content.count, type: type) + content
            + [UInt8](repeating: 0, count: (block - content.count % block) % block)
    }

    static func header(_ name: String, size: Int, type: Character) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes += text(name, 100)  // name
        bytes += text("0000444", 8)  // mode
        bytes += text("0000000", 8)  // uid
        bytes += text("0000000", 8)  // gid
        bytes += text(octal(size, 11), 12)  // size
        bytes += text("00000000000", 12)  // mtime
        bytes += text("        ", 8)  // checksum, as if blank
        bytes += text(String(type), 1)  // typeflag
        bytes += text("12".contains(type) ? "elsewhere" : "", 100)  // linkname
        bytes += text("ustar", 6)  // magic
        bytes += Array("00".utf8)  // version
        bytes += text("", 247)  // uname, gname, devmajor, devminor, prefix, padding
        seal(&bytes, at: 0)
        return bytes
    }

    /// Computes the checksum of the header at `start` again.
    static func seal(_ bytes: inout [UInt8], at start: Int) {
        bytes.replaceSubrange((start + 148)..<(start + 156), with: text("        ", 8))
        let sum = bytes[start..<(start + block)].reduce(0) { $0 + Int($1) }
        bytes.replaceSubrange((start + 148)..<(start + 156), with: text(octal(sum, 6) + "\0 ", 8))
    }

    /// The size in the header at `start`, as ustar writes it; `nil` when there is none.
    static func size(in bytes: [UInt8], at start: Int) -> Int? {
        guard start >= 0, start + block <= bytes.count else { return nil }
        let digits = bytes[(start + 124)..<(start + 135)]
        return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    static func padded(_ size: Int) -> Int { (size + block - 1) / block * block }

    private static func text(_ text: String, _ count: Int) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0, count: count - text.utf8.count)
    }

    private static func octal(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }
}

extension Dialect {
    /// What an archive is made of. Kept inputs have no zeros at their end, so half of the mutants
    /// get them back.
    static let tar = Dialect(
        limit: 12 << 10,
        tokens: [
            "ustar\u{0}00", "ustar  \0", "manifest.json\0", "manifest.sig\0", "chunks.idx\0",
            "root.squashfs\0", "././@LongLink\0", "00000000000\0", "77777777777\0", "00000001000\0",
            "20 size=512\n", "19 path=chunks.idx\n", "24 GNU.sparse.major=1\n",
            "30 mtime=99999999999999999999\n", "x", "g", "L", "S", "5", "2", "\0",
        ],
        unit: 512
    )
}
