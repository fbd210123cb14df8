public import Slots
public import Trust

/// The releases a world can install, and the trust it has in their signer. Made once: signing is
/// the slow part.
public struct Releases: Sendable {
    public let key: PrivateKey
    public let all: [SimulatedRelease]
    let checker = RememberingChecker()

    public init() throws {
        key = try PrivateKey.generate()
        let key = key
        // The last one ends in a chunk behind the last whole stretch that is read back.
        all = try [("1.0.0", 14), ("1.1.0", 14), ("1.2.0", 14), ("1.3.0", 14), ("1.4.0", 15)].map {
            try SimulatedRelease(version: $0, blocks: $1, keys: [key])
        }
    }

    /// Release 1 is what a new world runs.
    public subscript(number: Int) -> SimulatedRelease { all[number - 1] }

    public var policy: TrustPolicy {
        TrustPolicy(keys: [key.publicKey], threshold: 1, epoch: 1, board: "x86_64-uefi")
    }
}
