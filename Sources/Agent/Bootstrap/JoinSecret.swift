import Trust

/// The secret a node's disk was made with, when it was made with one: whoever bootstraps the node
/// first must know it. Good for one bootstrap.
struct JoinSecret: Sendable {
    let state: any BootstrapState

    static let file = "join-secret"
    private static let limit = 4096

    func isSet() throws(BootstrapError) -> Bool { try read() != nil }

    /// Takes the same time however much of the secret is right.
    ///
    /// Throws `.joinSecret` when there is one and this is another. An empty file is a secret that
    /// nobody knows.
    func check(_ given: String) throws(BootstrapError) {
        guard let secret = try read() else { return }
        let isSame = MessageCode.isEqual(secret, Array(given.utf8))
        guard isSame, !secret.isEmpty else { throw .joinSecret(isGiven: !given.isEmpty) }
    }

    func remove() throws(BootstrapError) {
        do throws(StateError) { try state.remove(Self.file) } catch { throw .state(error) }
    }

    /// Without blanks and line breaks at its end.
    private func read() throws(BootstrapError) -> [UInt8]? {
        do throws(StateError) {
            guard var bytes = try state.read(Self.file, limit: Self.limit) else { return nil }
            while let last = bytes.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) {
                bytes.removeLast()
            }
            return bytes
        } catch {
            throw .state(error)
        }
    }
}
