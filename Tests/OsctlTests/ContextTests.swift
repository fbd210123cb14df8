import Foundation
import Slots
import Testing
import Trust

@testable import osctl

@Suite("Contexts")
struct ContextTests {
    private static let print = String(repeating: "ab", count: 32)

    private func parse(_ text: String) throws(DocumentFault) -> ContextFile {
        try ContextFile(parsing: Array(text.utf8))
    }

    @Test("a file with everything in it is read")
    func whole() throws {
        let file = try parse(
            """
            current: lab
            contexts:
              - name: lab
                endpoints: [10.0.0.7]
                fingerprint: "AB:\(Self.print.dropFirst(2))"
                certificate: |
                  -----BEGIN CERTIFICATE-----
                  -----END CERTIFICATE-----
                key: ~/admin.key
              - {name: prod, endpoints: ["a:1", "b:2"], ca: ca.crt, kubeconfig: /k}
            """
        )
        let lab = try #require(try file.context(nil))
        #expect(lab.endpoints.map(\.description) == ["10.0.0.7:50051"])
        #expect(lab.fingerprint?.hex == Self.print)
        #expect(lab.certificate?.hasPrefix("-----BEGIN CERTIFICATE-----\n") == true)
        #expect(try file.context("prod")?.kubeconfig == "/k")
    }

    @Test(
        "a broken file is refused with the line that is wrong",
        arguments: [
            ("current: [", "line 2"),
            ("contexts:\n  - nam: x", "line 2: there is no field \"nam\""),
            ("contexts:\n  - name: x", "line 2: context x has no endpoints"),
            ("contexts:\n- name: x\n  endpoints: ['http://a']", "line 3: expected HOST:PORT"),
            ("contexts:\n- name: a b\n  endpoints: [a]", "line 2: \"a b\" is no name"),
            ("current: y", "line 1: there is no context \"y\""), ("- a", "line 1: expected names"),
            ("contexts: 7", "line 1: expected a list"), ("a: 1\na: 2", "a is there twice"),
            (
                "contexts:\n- name: x\n  endpoints: [a, b]\n  fingerprint: \(print)",
                "line 4: a fingerprint is for a context with one endpoint"
            ),
            (
                "contexts:\n- name: x\n  endpoints: [a]\n  fingerprint: 12",
                "line 4: a fingerprint has"
            ),
            ("contexts:\n- name: x\n  endpoints: [a]\n  key: k", "certificate and key go together"),
            (
                "contexts:\n- {name: x, endpoints: [a]}\n- {name: x, endpoints: [b]}",
                "line 3: there are two contexts \"x\""
            ),
        ]
    )
    func broken(text: String, words: String) {
        let fault = #expect(throws: DocumentFault.self) { try parse(text) }
        #expect(fault?.words.contains(words) == true, "\(fault?.words ?? "")")
    }

    @Test("what is written is read back the same")
    func roundTrip() throws {
        var file = ContextFile()
        var context = Context(name: "lab", endpoints: [try Endpoint("::1"), try Endpoint("b:1")])
        context.certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n\n-----END CERTIFICATE-----\n"
        context.key = "/a \"quoted\" path: #1"
        context.ca = "  \n odd\n"
        file.put(context)
        file.current = "lab"
        let again = try ContextFile(parsing: file.encoded())
        #expect(again == file)
        #expect(try ContextFile(parsing: ContextFile().encoded()) == ContextFile())
    }

    @Test("an empty file and none at all hold no context")
    func empty() throws {
        #expect(try parse("") == ContextFile())
        #expect(try parse("# nothing\n") == ContextFile())
        #expect(throws: SetupError.noContext(name: "x", known: [])) {
            try ContextFile().context("x")
        }
    }

    @Test("removing the context in use leaves none in use")
    func removing() throws {
        var file = try parse("current: a\ncontexts: [{name: a, endpoints: [h]}]")
        file.remove("a")
        #expect(file == ContextFile())
    }

    @Test("the file is written for its owner alone, below XDG_CONFIG_HOME or HOME")
    func store() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("osctl-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        let store = try ContextStore(Home(["XDG_CONFIG_HOME": folder + "/c", "HOME": "/none"]))
        #expect(try store.read() == ContextFile())
        var file = ContextFile()
        file.put(Context(name: "lab", endpoints: [try Endpoint("a")]))
        try store.write(file)
        try store.write(file)
        #expect(try store.read() == file)
        let path = folder + "/c/osctl/config.yaml"
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try Home(["HOME": "/h"]).configuration() == "/h/.config/osctl")
        #expect(try Home(["HOME": "/h", "XDG_STATE_HOME": "x"]).state() == "/h/.local/state/osctl")
        #expect(throws: SetupError.noHome("XDG_STATE_HOME")) { try Home([:]).state() }
    }

    @Test("a context keeps the path from where osctl runs, whatever PWD says")
    func workingFolder() {
        let home = Home(["PWD": "/elsewhere", "HOME": "/h"])
        let here = FileManager.default.currentDirectoryPath
        #expect(home.absolute("pki/admin.crt") == here + "/pki/admin.crt")
        #expect(home.absolute("/pki/admin.crt") == "/pki/admin.crt")
        #expect(home.absolute("~/pki/admin.crt") == "/h/pki/admin.crt")
    }

    @Test("a file that could make itself large by aliases is refused")
    func aliases() {
        let fault = #expect(throws: DocumentFault.self) {
            try parse("contexts:\n- &a {name: x, endpoints: [h]}\n- *a")
        }
        #expect(fault?.words == "line 2: anchors and aliases (& and *) are not taken")
    }
}
