import Foundation
import Slots
import Syscalls
import Testing
import Trust

@testable import osctl

/// `osctl pki`: certificates for nodes without a cluster.
@Suite("Certificates made by osctl")
struct PKITests {
    private let folder: PKIScratch
    private let now = Timestamp(seconds: Int(Date().timeIntervalSince1970))

    init() throws { folder = try PKIScratch() }

    private func run(_ arguments: String...) throws {
        var command = try PKI.parseAsRoot(arguments)
        try command.run()
    }

    private func certificate(_ name: String) throws -> Certificate {
        try #require(try Certificate.chain(pem: folder.read(name)).first)
    }

    @Test("init makes an authority and an administrator whom openssl takes for its client")
    func begin() throws {
        try run("init", folder.path + "/pki/")
        #expect(folder.names("pki") == ["admin.crt", "admin.key", "ca.crt", "ca.key"])
        let authority = try certificate("pki/ca.crt")
        let admin = try certificate("pki/admin.crt")
        #expect(authority.isAuthority && authority.isSelfSigned)
        #expect(authority.commonName?.hasPrefix("KeelOS CA ") == true)
        #expect(admin.organisations == ["keelos:admin"] && admin.commonName == "admin")
        #expect(admin.isSigned(by: authority) && admin.isValid(at: now) && !admin.isAuthority)
        #expect(try CertificateKey(pem: folder.read("pki/ca.key")).belongs(to: authority))
        #expect(try CertificateKey(pem: folder.read("pki/admin.key")).belongs(to: admin))
        #expect(try folder.mode("pki/ca.key") == 0o600 && folder.mode("pki/admin.key") == 0o600)
        let verified = try Spawn.run(
            "/usr/bin/openssl",
            [
                "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile",
                folder.path + "/pki/ca.crt", folder.path + "/pki/admin.crt",
            ],
            outputLimit: 1000,
            timeout: .seconds(20)
        )
        #expect(verified.end == .exited(code: 0))
    }

    @Test("issue gives each role its organisation, and ends with the authority at the latest")
    func issue() throws {
        try run("init", folder.path, "--days", "30")
        for role in ["reader", "operator", "admin"] {
            try run("issue", folder.path, "--name", "a-\(role)", "--role", role, "--days", "900")
            let made = try certificate("a-\(role).crt")
            #expect(made.organisations == ["keelos:\(role)"] && made.commonName == "a-\(role)")
            #expect(made.isSigned(by: try certificate("ca.crt")))
            #expect(made.notAfter <= (try certificate("ca.crt")).notAfter)
            #expect(made.notAfter.seconds > now.seconds + 28 * 86400)
            #expect(try CertificateKey(pem: folder.read("a-\(role).key")).belongs(to: made))
        }
    }

    @Test("a file that is there is never replaced, and nothing is written beside it")
    func noOverwriting() throws {
        for name in ["ca.key", "admin.crt"] {
            let folder = try PKIScratch()
            try folder.write(name, [1, 2, 3])
            let error = #expect(throws: PKIError.self) {
                try PKIFolder(folder.path).begin(days: 10, from: now)
            }
            #expect(error == .exists(folder.path + "/" + name))
            #expect(folder.names("") == [name])
            #expect(try folder.read(name) == [1, 2, 3])
        }
        try run("init", folder.path)
        let before = try folder.read("admin.key")
        let again = #expect(throws: PKIError.self) {
            try PKIFolder(folder.path).issue("admin", role: .admin, days: 1, from: now)
        }
        #expect(again == .exists(folder.path + "/admin.key"))
        #expect(try folder.read("admin.key") == before)
        #expect(again?.isRefusal == true)
        #expect(again?.sentence.contains("not replaced") == true)
    }

    @Test("an authority that is over, damaged or another's issues nothing")
    func badAuthority() throws {
        let pki = PKIFolder(folder.path)
        func error() -> PKIError? {
            do throws(PKIError) {
                _ = try pki.issue("x", role: .reader, days: 1, from: now)
                return nil
            } catch {
                return error
            }
        }
        guard case .file("read", _, .noEntry) = error() else {
            Issue.record("issued by nobody")
            return
        }
        _ = try pki.begin(days: 1, from: Timestamp(seconds: now.seconds - 3 * 86400))
        guard case .expired = error() else {
            Issue.record("issued by an expired authority")
            return
        }
        try folder.write("ca.key", CertificateKey().pem)
        #expect(error() == .otherKey(folder.path))
        try folder.write("ca.key", Array("no key".utf8))
        #expect(error() == .notAKey(folder.path + "/ca.key"))
        try folder.write("ca.crt", try folder.read("admin.crt"))
        #expect(error() == .notAnAuthority(folder.path + "/ca.crt"))
        #expect(!folder.names("").contains("x.key"))
    }

    @Test(
        "a name that could lead elsewhere or hide is refused",
        arguments: ["", "ca", "../x", "a/b", ".hidden", "-x", "a b", "\u{E4}", "a\n"]
    )
    func names(name: String) {
        #expect(!PKIFolder.isName(name))
    }

    @Test("names that people have are taken", arguments: ["alice", "a.b", "a@example.org", "7"])
    func goodNames(name: String) {
        #expect(PKIFolder.isName(name))
    }

    @Test("no days, no role and no such role are wrong usage")
    func usage() {
        let all: [[String]] = [
            ["init", "x", "--days", "0"], ["init", "x", "--days", "40000"], ["init"],
            ["issue", "x", "--name", "a"], ["issue", "x", "--role", "admin"],
            ["issue", "x", "--name", "a", "--role", "root"],
            ["issue", "x", "--name", "ca", "--role", "admin"],
        ]
        for arguments in all {
            #expect(throws: (any Error).self) { _ = try PKI.parseAsRoot(arguments) }
        }
    }
}

/// A folder of the test's own, gone with everything in it.
private final class PKIScratch {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("pki-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }

    func read(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func mode(_ name: String) throws -> Int {
        let facts = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return (facts[.posixPermissions] as? Int) ?? 0
    }
}
