/// A GRUB environment block: what `load_env` reads and `save_env` writes.
///
/// 1024 bytes: the header line, `NAME=VALUE` lines, `#` to the end. Read exactly as GRUB reads it:
/// a later assignment wins, `\` escapes a byte, a line that begins with `#` is passed over.
/// Source: GRUB 2.06 `grub-core/lib/envblk.c`.
public struct EnvironmentBlock: Sendable, Hashable {
    public static let size = 1024
    public static let header = Array("# GRUB Environment Block\n".utf8)

    public private(set) var variables: [String: String] = [:]

    /// `nil` when the header is missing: GRUB refuses such a file.
    public init?(parsing bytes: [UInt8]) {
        guard bytes.starts(with: Self.header) else { return nil }
        var position = Self.header.count
        while position < bytes.count {
            if bytes[position] != UInt8(ascii: "#") {
                guard let equals = bytes[position...].firstIndex(of: UInt8(ascii: "=")),
                    let (value, end) = Self.value(bytes, from: equals + 1)
                else { break }
                let name = Self.cString(Array(bytes[position..<equals]))
                variables[name] = Self.cString(value)
                position = end
            }
            position = Self.nextLine(bytes, from: position)
        }
    }

    /// The start of the line after `position`; a `\` hides the byte behind it, a newline too.
    public static func nextLine(_ bytes: [UInt8], from position: Int) -> Int {
        var position = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return position + 1
    }

    /// The bytes of a block with `assignments` in the order given.
    ///
    /// - Precondition: everything fits into the first 512 bytes, so that a change is one sector.
    public static func encode(_ assignments: [(name: String, value: String)]) -> [UInt8] {
        var bytes = header
        for (name, value) in assignments { bytes += Array("\(name)=\(value)\n".utf8) }
        precondition(bytes.count <= 512, "a record lies in one 512-byte sector")
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "#"), count: size - bytes.count))
        return bytes
    }

    /// The unescaped value and the position of the newline that ends it.
    private static func value(_ bytes: [UInt8], from start: Int) -> (value: [UInt8], end: Int)? {
        var value: [UInt8] = []
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"): return (value, position)
            case UInt8(ascii: "\\"):
                position += 1
                guard position < bytes.count else { return nil }
                value.append(bytes[position])
            default: value.append(bytes[position])
            }
            position += 1
        }
        return nil
    }

    /// GRUB keeps C strings: a NUL ends them.
    private static func cString(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
