import Slots
import Synchronization
import Trust

/// Checks signatures for real, each only once: a simulated node starts thousands of times.
final class RememberingChecker: SignatureChecking {
    private struct Question: Hashable {
        let key: PublicKey
        let signature: [UInt8]
        let message: [UInt8]
    }

    private let checker = Ed25519Checker()
    private let answers = Mutex<[Question: Bool]>([:])

    func isValid(_ signature: Span<UInt8>, of message: Span<UInt8>, by key: PublicKey) -> Bool {
        let question = Question(
            key: key,
            signature: Self.copy(signature),
            message: Self.copy(message)
        )
        if let known = answers.withLock({ $0[question] }) { return known }
        let answer = checker.isValid(signature, of: message, by: key)
        answers.withLock { $0[question] = answer }
        return answer
    }

    private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return copy
    }
}
