/// An EFI program, as far as `LoaderFiles` looks at it.
enum LoaderProgram {
    /// A program with as much of a header as the firmware asks for.
    static func bytes(_ size: Int, fill: UInt8, contract: Int = 1) -> [UInt8] {
        var bytes = [UInt8](repeating: fill, count: size)
        bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))  // DOS header
        bytes.replaceSubrange(0x3C..<0x40, with: [0x80, 0, 0, 0])  // where PE is
        bytes.replaceSubrange(0x80..<0x84, with: Array("PE\0\0".utf8))
        bytes.replaceSubrange(0x98..<0x9A, with: [0x0B, 0x02])  // PE32+
        bytes.replaceSubrange(0x128..<0x130, with: [UInt8](repeating: 0, count: 8))  // signature
        let marker = Array("\n# KEELOS LOADER CONTRACT \(contract) END\n".utf8)
        bytes.replaceSubrange(1000..<(1000 + marker.count), with: marker)
        return bytes
    }
}
