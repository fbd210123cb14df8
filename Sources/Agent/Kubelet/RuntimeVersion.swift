/// The first two numbers of a program's version: what its options depend on.
struct RuntimeVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads what a program says of itself: `Kubernetes v1.20.2`, `containerd containerd.io 1.7.24
    /// 88bf19b`, `containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3`,
    /// `containerd github.com/containerd/containerd/v2 v2.1.9 ...`. `nil` when no word of it begins
    /// with two numbers.
    init?(saidBy text: String) {
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            let number = word.first == "v" ? word.dropFirst() : word
            let parts = number.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 3, let major = Self.number(parts[0]),
                let minor = Self.number(parts[1])
            else { continue }
            self.init(major, minor)
            return
        }
        return nil
    }

    var description: String { "\(major).\(minor)" }

    static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.major, lhs.minor) < (rhs.major, rhs.minor)
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}
