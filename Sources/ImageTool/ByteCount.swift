import ArgumentParser

/// A number of bytes as people write it: `4096`, `16K`, `1G`. K, M, G and T are powers of 1024.
struct ByteCount: ExpressibleByArgument, Equatable {
    let bytes: Int

    init(_ bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let units: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
        let unit = argument.last.flatMap { units[Character($0.uppercased())] }
        let digits = unit == nil ? argument[...] : argument.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), number <= (1 << 50) >> (unit ?? 0)
        else { return nil }
        bytes = number << (unit ?? 0)
    }

    var defaultValueDescription: String { description }
}

extension ByteCount: CustomStringConvertible {
    var description: String {
        for (unit, shift) in [("T", 40), ("G", 30), ("M", 20), ("K", 10)]
        where bytes > 0 && bytes.isMultiple(of: 1 << shift) {
            return "\(bytes >> shift)\(unit)"
        }
        return String(bytes)
    }
}
