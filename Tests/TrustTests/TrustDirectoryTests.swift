import Slots
import Testing
import Trust

@Suite("The trust directory")
struct TrustDirectoryTests {
    static let policy = #"{"threshold": 1, "epoch": 3, "board": "x86_64-uefi"}"#.bytes

    @Test("keys and policy become a trust policy; other files are passed over")
    func whole() throws {
        let keys = try [PrivateKey.generate().publicKey, PrivateKey.generate().publicKey]
        let policy = try TrustDirectory.policy(files: [
            (name: "b.pub", bytes: keys[1].pem()),
            (name: "README", bytes: "hello".bytes),
            (name: "policy.json", bytes: Self.policy),
            (name: "a.pub", bytes: keys[0].pem()),
            (name: "a.key", bytes: "not looked at".bytes),
        ])
        #expect(policy.keys == keys)
        #expect(policy.threshold == 1)
        #expect(policy.epoch == 3)
        #expect(policy.board == "x86_64-uefi")
    }

    @Test("a key in two files counts once")
    func twice() throws {
        let pem = try PrivateKey.generate().publicKey.pem()
        let two = #"{"threshold": 2, "epoch": 1, "board": "x86_64-uefi"}"#.bytes
        let error = TrustPolicyError.unreachableThreshold(keys: 1, threshold: 2)
        #expect(throws: TrustDirectoryError.policy(error)) {
            try TrustDirectory.policy(files: [
                (name: "a.pub", bytes: pem), (name: "b.pub", bytes: pem),
                (name: "policy.json", bytes: two),
            ])
        }
    }

    @Test("a directory without policy.json is refused")
    func noPolicy() throws {
        let pem = try PrivateKey.generate().publicKey.pem()
        #expect(throws: TrustDirectoryError.noPolicy) {
            try TrustDirectory.policy(files: [(name: "a.pub", bytes: pem)])
        }
    }

    @Test("one file that is not a key refuses the directory and is named")
    func badKey() throws {
        let pem = try PrivateKey.generate().publicKey.pem()
        #expect(throws: TrustDirectoryError.key(name: "b.pub", .notPEM)) {
            try TrustDirectory.policy(files: [
                (name: "a.pub", bytes: pem), (name: "b.pub", bytes: "nothing".bytes),
                (name: "policy.json", bytes: Self.policy),
            ])
        }
    }

    @Test("a policy that is not JSON is refused with the fault")
    func badPolicy() {
        #expect(throws: TrustDirectoryError.policy(.notFlatJSON(.malformed(offset: 0)))) {
            try TrustDirectory.policy(files: [(name: "policy.json", bytes: "x".bytes)])
        }
    }
}
