import Slots
import Testing
import Trust

@Suite("The audit chain")
struct AuditChainTests {
    static let hashing = OpenSSLHashing()

    /// Lines 0 to 9 of a log.
    static let lines: [[UInt8]] = {
        var head = AuditChain.Head.empty
        return (0..<10).map { number in
            let line = AuditLine(number: number, after: head.hash, hashing: hashing) { line in
                line.add("method", "Upgrade")
                line.add("peer", "10.0.0.\(number)")
                line.add("roles", ["keelos:admin", "x\"y"])
            }
            head = AuditChain.Head(count: number + 1, hash: line.hash)
            return line.bytes
        }
    }()

    private func check(
        _ lines: [[UInt8]],
        remembering head: AuditChain.Head? = nil
    ) -> AuditChain.Fault? {
        var chain = AuditChain(remembering: head)
        do throws(AuditChain.Fault) {
            for line in lines { try chain.add(line) }
            try chain.finish()
            return nil
        } catch {
            return error
        }
    }

    private func head(of count: Int) throws -> AuditChain.Head {
        let line = try #require(
            AuditLine(parsing: Self.lines[count - 1], hashing: Self.hashing)
        )
        return AuditChain.Head(count: count, hash: line.hash)
    }

    @Test("the lines that were written are sound, from the start or from the middle")
    func sound() throws {
        #expect(check(Self.lines) == nil)
        #expect(check([]) == nil)
        #expect(check(Array(Self.lines[4...])) == nil)
        #expect(check(Self.lines, remembering: try head(of: 7)) == nil)
    }

    @Test("every bit that is changed in a line is found")
    func edited() {
        for position in 0..<(Self.lines[3].count * 8) {
            var line = Self.lines[3]
            line[position / 8] ^= 1 << (position % 8)
            let isFound = check([Self.lines[2], line]) == .edited(line: 3)
            #expect(isFound, "bit \(position)")
        }
    }

    @Test("a line that was sealed anew breaks the next one")
    func resealed() {
        var lines = Self.lines
        let line = AuditLine(
            number: 3,
            after: AuditLine(parsing: lines[2], hashing: Self.hashing)?.hash
                ?? AuditChain.Head.empty.hash,
            hashing: Self.hashing
        ) { $0.add("method", "GetStatus") }
        lines[3] = line.bytes
        #expect(check(lines) == .broken(line: 4))
    }

    @Test("a line that is removed, doubled or moved is found", arguments: 1..<9)
    func moved(index: Int) {
        var removed = Self.lines
        removed.remove(at: index)
        #expect(check(removed) == .wrongNumber(found: index + 1, expected: index))
        var doubled = Self.lines
        doubled.insert(doubled[index], at: index)
        #expect(check(doubled) == .wrongNumber(found: index, expected: index + 1))
        var swapped = Self.lines
        swapped.swapAt(index, index - 1)
        let expected: AuditChain.Fault =
            index == 1
            ? .wrongNumber(found: 0, expected: 2) : .wrongNumber(found: index, expected: index - 1)
        #expect(check(swapped) == expected)
    }

    @Test("a log that is shorter than remembered, or another one, is found")
    func remembered() throws {
        let end = try head(of: 10)
        #expect(
            check(Array(Self.lines[..<6]), remembering: end) == .shortened(found: 6, remembered: 10)
        )
        #expect(check([], remembering: end) == .shortened(found: 0, remembered: 10))
        let other = AuditChain.Head(count: 5, hash: end.hash)
        #expect(check(Self.lines, remembering: other) == .rewritten(line: 4))
    }

    @Test("the hash is the SHA-256 of what stands before it, for any tool")
    func form() throws {
        let text = String(decoding: Self.lines[2], as: UTF8.self)
        let parts = text.components(cutAt: ", \"hash\": \"")
        let hash = Self.hashing.sha256(Array(parts.before.utf8).span)
        #expect(parts.after == "\(hash.hex)\"}")
        #expect(text.hasPrefix("{\"n\": 2, \"method\": \"Upgrade\", \"peer\": \"10.0.0.2\""))
    }

    @Test("each fault has a sentence of its own")
    func words() {
        let faults: [AuditChain.Fault] = [
            .edited(line: 1), .wrongNumber(found: 3, expected: 2), .broken(line: 1),
            .rewritten(line: 1), .shortened(found: 1, remembered: 2),
        ]
        #expect(Set(faults.map(\.words)).count == faults.count)
    }
}

extension String {
    fileprivate func components(cutAt mark: String) -> (before: String, after: String) {
        guard let range = firstRange(of: mark) else { return (self, "") }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}
