import Simulator
import Slots
import Trust

/// Releases that are the same bytes in every run, so that inputs can be kept.
enum TestReleases {
    /// A key that signs nothing but tests: its secret half is one byte, many times.
    static func key(_ byte: UInt8) throws -> PrivateKey {
        let prefix = [UInt8](hex: "302e020100300506032b657004220420") ?? []
        let der = prefix + [UInt8](repeating: byte, count: 32)
        let lines = [pemLine("BEGIN"), Base64.encode(der), pemLine("END")]
        return try PrivateKey(pem: Array(lines.joined(separator: "\n").utf8).span)
    }

    /// The smallest there is: two blocks in two chunks.
    static func one() throws -> SimulatedRelease {
        try SimulatedRelease(version: "1.0.0", blocks: 2, keys: [try key(1)])
    }

    /// Another version of it, signed by two.
    static func two() throws -> SimulatedRelease {
        try SimulatedRelease(version: "1.1.0", blocks: 3, keys: [try key(1), try key(2)])
    }

    static func policy() throws -> TrustPolicy {
        TrustPolicy(keys: [try key(1).publicKey], threshold: 1, epoch: 1, board: "x86_64-uefi")
    }

    private static func pemLine(_ word: String) -> String { "-----\(word) PRIVATE KEY-----" }
}
