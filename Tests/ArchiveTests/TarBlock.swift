/// A tar header of 512 bytes, built field by field. POSIX.1-2017, "ustar Interchange Format".
struct TarBlock {
    var bytes = [UInt8](repeating: 0, count: 512)

    init(name: String, size: Int, type: Character = "0") {
        put(name, at: 0)  // name, 100
        put("0000444\0", at: 100)  // mode, 8
        put("0000000\0", at: 108)  // uid, 8
        put("0000000\0", at: 116)  // gid, 8
        let octal = String(size, radix: 8)
        put(String(repeating: "0", count: max(0, 11 - octal.count)) + octal, at: 124)  // size, 12
        put("00000000000", at: 136)  // mtime, 12
        put(String(type), at: 156)  // typeflag, 1
        put("ustar\u{0}00", at: 257)  // magic, 6, and version, 2
        seal()
    }

    mutating func put(_ text: String, at offset: Int) { put(Array(text.utf8), at: offset) }

    mutating func put(_ field: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<(offset + field.count), with: field)
    }

    /// Computes the checksum anew.
    mutating func seal() {
        put("        ", at: 148)  // chksum, 8
        let sum = String(bytes.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
    }
}

/// Zeros up to the next multiple of 512.
func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
}

/// One plain member.
func file(_ name: String, _ content: [UInt8]) -> [UInt8] {
    TarBlock(name: name, size: content.count).bytes + padded(content)
}

/// An extended header with `content` as its body.
func pax(_ content: String, type: Character = "x") -> [UInt8] {
    let body = Array(content.utf8)
    return TarBlock(name: "pax", size: body.count, type: type).bytes + padded(body)
}

let endMark = [UInt8](repeating: 0, count: 1024)
