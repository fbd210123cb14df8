public import Slots

/// A trust directory: `policy.json` and `*.pub` files, each one Ed25519 key in PEM.
///
/// Reading the files is the caller's; what they mean is decided here.
public enum TrustDirectory {
    /// Puts the policy together. Other files are passed over, so a README may lie there.
    ///
    /// *Shape*: a key counts once however many files hold it; keys come in the order of their file
    /// names.
    ///
    /// Throws `.noPolicy` without `policy.json`, `.key` for a `.pub` file that is not an Ed25519
    /// key and `.policy` for what `TrustPolicy` refuses. One bad file refuses the directory: a key
    /// passed over in silence would lock a node out only when it is needed.
    public static func policy(
        files: [(name: String, bytes: [UInt8])]
    ) throws(TrustDirectoryError) -> TrustPolicy {
        guard let policy = files.first(where: { $0.name == "policy.json" }) else {
            throw .noPolicy
        }
        var keys: [PublicKey] = []
        for file in files.sorted(by: { $0.name < $1.name }) where file.name.hasSuffix(".pub") {
            let key: PublicKey
            do throws(KeyError) {
                key = try PublicKey(pem: file.bytes.span)
            } catch {
                throw .key(name: file.name, error)
            }
            if !keys.contains(key) { keys.append(key) }
        }
        do throws(TrustPolicyError) {
            return try TrustPolicy(parsing: policy.bytes, keys: keys)
        } catch {
            throw .policy(error)
        }
    }
}

/// Why a trust directory cannot be used.
public enum TrustDirectoryError: Error, Sendable, Hashable {
    case noPolicy
    case key(name: String, KeyError)
    case policy(TrustPolicyError)
}
