import Slots

/// A bundle in memory, made by hand, byte by byte: what the format says and nothing else.
struct TestBundle {
    var manifest = Array("{\"format\": 1}".utf8)
    var signatures = Array("key ed25519 signature\n".utf8)
    var index = TestBundle.noise(36 * 100, seed: 1)
    var root: [UInt8]

    init(rootSize: Int) {
        root = Array(Self.longRoot[..<rootSize])
    }

    /// Made once: in a debug build it takes a while.
    private static let longRoot = noise(3_000_000, seed: 2)

    var bytes: [UInt8] {
        Self.member("manifest.json", manifest) + Self.member("manifest.sig", signatures)
            + Self.member("chunks.idx", index) + Self.member("root.squashfs", root) + Self.end
    }

    /// Two blocks of zeros.
    static var end: [UInt8] { [UInt8](repeating: 0, count: 1024) }

    /// A header, the content, and zeros up to a whole block.
    static func member(
        _ name: String,
        _ content: [UInt8],
        type: Character = "0",
        claims size: Int? = nil
    ) -> [UInt8] {
        header(name, size: size ?? content.count, type: type) + content
            + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// POSIX.1-2017 `pax`, "ustar Interchange Format".
    static func header(_ name: String, size: Int, type: Character = "0") -> [UInt8] {
        var block: [UInt8] = []
        block += text(name, 100)  // name
        block += text("0000444", 8)  // mode
        block += text("0000000", 8)  // uid
        block += text("0000000", 8)  // gid
        block += text(octal(size, 11), 12)  // size
        block += text("00000000000", 12)  // mtime
        block += text("        ", 8)  // checksum, as if blank
        block += text(String(type), 1)  // typeflag
        block += text("12".contains(type) ? "elsewhere" : "", 100)  // linkname
        block += text("ustar", 6)  // magic
        block += Array("00".utf8)  // version
        block += text("", 247)  // uname, gname, devmajor, devminor, prefix, padding
        let sum = block.reduce(0) { $0 + Int($1) }
        block.replaceSubrange(148..<156, with: text(octal(sum, 6) + "\0 ", 8))
        return block
    }

    /// Bytes that repeat nowhere soon, the same for the same seed.
    static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            span[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
        return bytes
    }

    private static func text(_ text: String, _ count: Int) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0, count: count - text.utf8.count)
    }

    private static func octal(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
