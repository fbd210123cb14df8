import Simulator
import SlotsDisk

/// What is told from a boot loader's bytes without running them: a signed program is a program, and
/// a contract is one that stands there.
struct LoaderImageTarget: FuzzTarget {
    static let name = "program"
    static let rounds = 6000
    static let dialect = Dialect(
        limit: 4096,
        tokens: [
            "MZ", "PE\0\0", "# KEELOS LOADER CONTRACT ", "# KEELOS LOADER CONTRACT 2 END", " END",
            "1", "999999", "0000001",
        ],
        fields: [Dialect.Field(0x3C, 4), Dialect.Field(0x98, 2), Dialect.Field(0x12C, 4)]
    )

    func seeds() -> [[UInt8]] {
        let program = FATImage.program(fill: 3)
        // No longer than a program must be, and the header as late as it may stand.
        var late = [UInt8](repeating: 3, count: 256)
        late.replaceSubrange(0..<2, with: Array("MZ".utf8))
        late.replaceSubrange(0x3C..<0x40, with: [0x54, 0, 0, 0])
        late.replaceSubrange(0x54..<0x58, with: [0x50, 0x45, 0, 0])
        return [program, Array(program[..<1100]), Array(program[990...]), late]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let isProgram = LoaderImage.isProgram(input)
        let isSigned = LoaderImage.isSigned(input)
        try promise(isProgram || !isSigned, "signed, and no program")
        let contract = LoaderImage.contract(of: input)
        if let contract {
            let texts = (1...6).map { width in
                let digits = String(contract)
                return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
            }
            try promise(
                texts.contains { text in
                    input.place(of: Array("# KEELOS LOADER CONTRACT \(text) END".utf8)) != nil
                },
                "contract \(contract) does not stand there"
            )
        }
        return "\(isProgram) \(isSigned) \(contract.map { String($0).count } ?? 0)"
    }
}
