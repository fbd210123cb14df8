import Slots

/// `save_env` of GRUB 2.06 on the bytes of a file: in place, `#` as padding.
/// Source: `grub-core/lib/envblk.c`, `grub_envblk_set`.
public enum GrubEnvironment {
    private static let header = Array("# GRUB Environment Block\n".utf8)
    private static let padding = UInt8(ascii: "#")
    private static let newline = UInt8(ascii: "\n")

    /// The bytes after setting each variable in turn; `nil` where GRUB fails and writes nothing.
    public static func set(
        _ variables: [(name: String, value: String)],
        in file: [UInt8]
    ) -> [UInt8]? {
        guard file.starts(with: header) else { return nil }
        var bytes = file
        for (name, value) in variables {
            guard let next = set(Array(name.utf8), Array(value.utf8), in: bytes) else { return nil }
            bytes = next
        }
        return bytes
    }

    private static func set(_ name: [UInt8], _ value: [UInt8], in file: [UInt8]) -> [UInt8]? {
        guard let last = file.lastIndex(where: { $0 != padding }), file[last] == newline else {
            return nil
        }
        let space = last + 1
        let end = file.count
        var position = header.count
        while position + name.count + 1 < space {
            let key = position..<(position + name.count)
            if file[key].elementsEqual(name), file[key.upperBound] == UInt8(ascii: "=") {
                return replace(file, from: key.upperBound + 1, with: value, space: space)
            }
            position = EnvironmentBlock.nextLine(file, from: position)
        }
        guard end - space >= name.count + 1 + value.count + 1 else { return nil }
        let line = name + [UInt8(ascii: "=")] + value + [newline]
        return Array((file[..<space] + line + file[space...]).prefix(end))
    }

    private static func replace(
        _ file: [UInt8],
        from start: Int,
        with value: [UInt8],
        space: Int
    ) -> [UInt8]? {
        var length = 0
        while start + length < file.count, file[start + length] != newline {
            length += file[start + length] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard start + length < file.count, space + value.count - length <= file.count else {
            return nil
        }
        var bytes = Array(file[..<start] + value + file[(start + length)...])
        if bytes.count > file.count { bytes.removeLast(bytes.count - file.count) }
        while bytes.count < file.count { bytes.append(padding) }
        return bytes
    }
}
