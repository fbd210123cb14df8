/// Cuts what a program writes into lines, and holds no more than one line of it.
struct LineCutter: Sendable {
    /// A longer line becomes several.
    static let limit = 4096

    private var begun: [UInt8] = []

    /// The lines that are whole now, without their ends; empty ones are left out.
    mutating func add(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if !begun.isEmpty { lines.append(begun) }
                begun.removeAll(keepingCapacity: true)
            } else {
                begun.append(byte)
                if begun.count == Self.limit {
                    lines.append(begun)
                    begun.removeAll(keepingCapacity: true)
                }
            }
        }
        return lines
    }

    /// What is left when the program is gone.
    mutating func end() -> [UInt8]? {
        defer { begun = [] }
        return begun.isEmpty ? nil : begun
    }
}
