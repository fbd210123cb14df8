import Slots
import Syscalls
import Trust

/// A folder with an authority and what it issued. Nothing in it is ever replaced.
struct PKIFolder {
    /// Without a slash at its end.
    let path: String

    init(_ path: String) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// A name of a file that cannot lead elsewhere, and is not the authority's.
    static func isName(_ name: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: false
            }
        }
        guard (1...64).contains(name.utf8.count), name != "ca", let first = name.utf8.first else {
            return false
        }
        return isWord(first) && name.utf8.allSatisfy { isWord($0) || "._@-".utf8.contains($0) }
    }

    /// Makes the authority and an administrator's certificate, valid for a year at most.
    ///
    /// Says what was made. Throws `.exists` when one of the four files is there; then nothing is
    /// written.
    func begin(days: Int, from: Timestamp) throws(PKIError) -> String {
        do throws(Errno) { try Directory.create(path) } catch { throw .file("make", path, error) }
        let key = CertificateKey()
        let mark = try random(4).hex
        let authority = key.selfSigned(
            commonName: "KeelOS CA \(mark)",
            organisations: [],
            names: [],
            isAuthority: true,
            from: from,
            days: days
        )
        let adminKey = CertificateKey()
        let admin = key.issue(
            for: adminKey,
            by: authority,
            commonName: "admin",
            organisations: [ClientRole.admin.organisation],
            names: [],
            isServer: false,
            from: from,
            days: min(days, 365)
        )
        try write([
            ("ca.key", key.pem, 0o600), ("admin.key", adminKey.pem, 0o600),
            ("ca.crt", authority.pem, 0o644), ("admin.crt", admin.pem, 0o644),
        ])
        return """
            made \(path)/ca.crt, valid until \(authority.notAfter), and ca.key
            made \(path)/admin.crt (\(admin.subject)), valid until \(admin.notAfter), and admin.key
            fingerprint of the authority: \(authority.publicKeyHash)
            keep ca.key where only administrators come
            """
    }

    /// Issues a client's certificate; it ends with the authority's at the latest.
    ///
    /// Says what was made. Throws `.exists` when a file of that name is there; then nothing is
    /// written.
    func issue(
        _ name: String,
        role: ClientRole,
        days: Int,
        from: Timestamp
    ) throws(PKIError) -> String {
        let authority = try readAuthority()
        let key = try readKey()
        guard key.belongs(to: authority) else { throw .otherKey(path) }
        let now = Timestamp(seconds: from.seconds + 3600)
        guard authority.isValid(at: now) else { throw .expired(path, authority.notAfter) }
        let clientKey = CertificateKey()
        let left = (authority.notAfter.seconds - from.seconds) / 86400
        let made = key.issue(
            for: clientKey,
            by: authority,
            commonName: name,
            organisations: [role.organisation],
            names: [],
            isServer: false,
            from: from,
            days: max(min(days, left), 1)
        )
        try write([("\(name).key", clientKey.pem, 0o600), ("\(name).crt", made.pem, 0o644)])
        return "made \(path)/\(name).crt (\(made.subject)), valid until \(made.notAfter), "
            + "and \(name).key"
    }

    /// All of the files or none: what is there is not touched, what was begun is removed.
    private func write(
        _ files: [(name: String, bytes: [UInt8], permissions: UInt32)]
    ) throws(PKIError) {
        var begun: [String] = []
        do throws(PKIError) {
            for (name, bytes, permissions) in files {
                let file = path + "/" + name
                do throws(Errno) {
                    let descriptor = try File.create(file, permissions: permissions)
                    begun.append(file)
                    try descriptor.write(bytes.span, at: 0)
                    try descriptor.synchronize()
                    try descriptor.close()
                } catch {
                    throw error == .exists ? .exists(file) : .file("write", file, error)
                }
            }
            do throws(Errno) { try Directory.synchronize(path) } catch {
                throw .file("write", path, error)
            }
        } catch {
            for file in begun {
                // What cannot be removed is in the way next time, and named then.
                do throws(Errno) { try File.remove(file) } catch {}
            }
            throw error
        }
    }

    private func readAuthority() throws(PKIError) -> Certificate {
        let bytes = try read("ca.crt")
        do throws(CertificateError) {
            guard let authority = try Certificate.chain(pem: bytes).first, authority.isAuthority
            else { throw .undecodable }
            return authority
        } catch {
            throw .notAnAuthority(path + "/ca.crt")
        }
    }

    private func readKey() throws(PKIError) -> CertificateKey {
        let bytes = try read("ca.key")
        do throws(CertificateError) { return try CertificateKey(pem: bytes) } catch {
            throw .notAKey(path + "/ca.key")
        }
    }

    private func read(_ name: String) throws(PKIError) -> [UInt8] {
        let file = path + "/" + name
        do throws(Errno) { return try File.read(file, limit: 1 << 20) } catch {
            throw .file("read", file, error)
        }
    }

    private func random(_ count: Int) throws(PKIError) -> [UInt8] {
        do throws(Errno) { return try RandomSource.bytes(count) } catch {
            throw .file("read", "random numbers", error)
        }
    }
}
