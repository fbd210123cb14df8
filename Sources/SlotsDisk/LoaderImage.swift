/// What can be told from a boot loader's bytes without running them.
public enum LoaderImage {
    /// The contract its policy script states in the line `# KEELOS LOADER CONTRACT <n> END`;
    /// `nil` when there is no such line, or two that differ.
    public static func contract(of bytes: [UInt8]) -> Int? {
        var search = ContractSearch()
        search.look(in: bytes)
        return search.contract
    }

    /// Whether it is a program the firmware would try: `MZ` and `PE`.
    package static func isProgram(_ bytes: [UInt8]) -> Bool { header(of: bytes) != nil }

    /// Whether it carries a Secure Boot signature.
    ///
    /// Source: PE format, "Optional Header Data Directories", Certificate Table.
    package static func isSigned(_ bytes: [UInt8]) -> Bool {
        guard let header = header(of: bytes), header + 26 <= bytes.count else { return false }
        let isPlus = bytes.number16(header + 24) == 0x20B
        let table = header + (isPlus ? 168 : 152)
        guard table + 8 <= bytes.count else { return false }
        return bytes.number32(table) != 0 || bytes.number32(table + 4) != 0
    }

    /// Where `PE\0\0` is.
    private static func header(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 256, bytes[0] == UInt8(ascii: "M"), bytes[1] == UInt8(ascii: "Z")
        else { return nil }
        let header = bytes.number32(0x3C)
        guard header + 24 <= bytes.count, bytes[header...].starts(with: [0x50, 0x45, 0, 0])
        else { return nil }
        return header
    }
}
