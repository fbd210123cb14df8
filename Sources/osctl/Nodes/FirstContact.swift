import API
import Slots
import Syscalls
import Trust

/// A node nobody knows yet: a person compares its fingerprint once, and it is remembered.
enum FirstContact {
    static let patience: Duration = .seconds(10)

    /// Asks on the terminal; refused where there is none.
    static func ask(_ endpoint: Endpoint, _ known: KnownNodes) async throws(CommandError) -> Digest
    {
        let fingerprint = try await fingerprint(of: endpoint)
        guard Terminal.isError, let answer = question(endpoint, fingerprint) else {
            throw .setup(.unknownNode(endpoint.description, fingerprint: fingerprint.hex))
        }
        guard answer else { throw .setup(.notTrusted(endpoint.description)) }
        var node = known[endpoint]
        node.fingerprint = fingerprint
        try known.remember(node, endpoint)
        return fingerprint
    }

    /// Whether it shows a server's certificate that these (PEM) have signed.
    static func isSigned(_ endpoint: Endpoint, by authorities: [UInt8]) async -> Bool {
        do throws(CallFailure) {
            let leaf = try await API.certificate(of: endpoint.description, timeout: patience)
            do throws(CertificateError) {
                let known = try Certificate.chain(pem: authorities)
                return ServerChain.trouble([try Certificate(der: leaf)], authorities: known) == nil
            } catch {
                return false
            }
        } catch {
            // Whoever asks it next says why.
            return false
        }
    }

    /// SHA-256 of the public key that the node shows, trusted or not.
    static func fingerprint(of endpoint: Endpoint) async throws(CommandError) -> Digest {
        do {
            let found = try await API.fingerprint(of: endpoint.description, timeout: patience)
            return Digest(found.span)
        } catch {
            throw .call(error)
        }
    }

    /// `nil` when nobody sits at a terminal.
    private static func question(_ endpoint: Endpoint, _ fingerprint: Digest) -> Bool? {
        do throws(Errno) {
            let terminal = try Descriptor(opening: "/dev/tty", for: .reading)
            guard terminal.isTerminal else { return nil }
            StandardError.write(
                """
                \(endpoint) is not known yet. Its key has the SHA-256 fingerprint
                  \(fingerprint.hex)
                Compare it with the one on the node's console. Trust this node? [yes/no] 
                """
            )
            var piece = [UInt8](repeating: 0, count: 64)
            var span = piece.mutableSpan
            let count = try terminal.readNext(into: &span)
            let word = String(decoding: piece[..<count].prefix { $0 != 10 }, as: UTF8.self)
            return ["yes", "y"].contains(word.lowercased())
        } catch {
            return nil
        }
    }
}
