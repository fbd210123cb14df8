import Slots
import Testing

@testable import osctl

@Suite("Which nodes, and how they are known")
struct NodeOptionsTests {
    private let one = Digest([UInt8](repeating: 1, count: 32).span)
    private let two = Digest([UInt8](repeating: 2, count: 32).span)

    private func context(_ nodes: String) throws -> Context {
        Context(name: "lab", endpoints: try Endpoint.list(nodes))
    }

    @Test("what was typed goes before the context")
    func order() throws {
        let lab = try context("a")
        let typed = try NodeOptions(nodes: "c,b").endpoints(lab, changes: true)
        #expect(typed.map(\.host) == ["c", "b"])
        let single = try NodeOptions(endpoint: "https://d:1").endpoints(lab, changes: true)
        #expect(single.map(\.description) == ["d:1"])
        #expect(try NodeOptions().endpoints(lab, changes: true) == lab.endpoints)
    }

    @Test("a command that changes several nodes has them named")
    func naming() throws {
        let lab = try context("a,b")
        #expect(try NodeOptions().endpoints(lab, changes: false).count == 2)
        #expect(throws: SetupError.nodesNotNamed(["a:50051", "b:50051"])) {
            try NodeOptions().endpoints(lab, changes: true)
        }
        #expect(try NodeOptions(nodes: "a,b").endpoints(lab, changes: true).count == 2)
    }

    @Test("no node, or two ways to name one, is wrong usage")
    func usage() {
        #expect(throws: SetupError.noNode) { try NodeOptions().endpoints(nil, changes: false) }
        #expect(throws: SetupError.endpointAndNodes) {
            try NodeOptions(endpoint: "a", nodes: "b").endpoints(nil, changes: false)
        }
        #expect(SetupError.noNode.isUsage)
    }

    @Test("a fingerprint is read as people paste it, and is for one node")
    func pins() throws {
        let text = String(repeating: "01:", count: 31) + "01"
        #expect(try NodeOptions(fingerprint: text).pin(1) == one)
        #expect(try NodeOptions(fingerprint: "SHA256:" + one.hex.uppercased()).pin(1) == one)
        #expect(throws: SetupError.fingerprint("12")) { try NodeOptions(fingerprint: "12").pin(1) }
        #expect(throws: SetupError.oneNodeOnly(option: "--fingerprint", count: 2)) {
            try NodeOptions(fingerprint: text).pin(2)
        }
    }

    @Test("typed before context before remembered, else a stranger")
    func acquaintance() throws {
        var lab = try context("a")
        let here = lab.endpoints[0]
        let elsewhere = try Endpoint("b")
        func of(
            _ endpoint: Endpoint,
            pin: Digest? = nil,
            ca: [UInt8]? = nil,
            contextCA: [UInt8]? = nil,
            remembered: Digest? = nil,
            cluster: [UInt8]? = nil
        ) -> Acquaintance {
            Acquaintance.of(
                endpoint,
                pin: pin,
                authorities: ca,
                context: lab,
                contextAuthorities: contextCA,
                remembered: remembered,
                cluster: cluster
            )
        }
        #expect(of(here) == .stranger)
        #expect(of(here, cluster: [9]) == .stranger)
        #expect(of(here, remembered: two, cluster: [9]) == .either(two, [9]))
        #expect(of(here, contextCA: [7], remembered: two, cluster: [9]) == .signed([7]))
        #expect(of(here, pin: one, remembered: two, cluster: [9]) == .pinned(one))
        #expect(of(here, remembered: two) == .pinned(two))
        #expect(of(here, contextCA: [7], remembered: two) == .signed([7]))
        lab.fingerprint = one
        #expect(of(here, contextCA: [7], remembered: two) == .pinned(one))
        #expect(of(here, remembered: two, cluster: [9]) == .either(one, [9]))
        #expect(of(elsewhere, contextCA: [7], remembered: two) == .pinned(two))
        #expect(of(here, ca: [8], remembered: two) == .signed([8]))
        #expect(of(here, pin: two, ca: [8]) == .pinned(two))
    }

    @Test("the connection options make a context")
    func adding() throws {
        let options = NodeOptions(nodes: "a,b", cert: "c", key: "k")
        let made = try options.context(named: "lab") { "/w/" + $0 }
        #expect(made.endpoints.count == 2)
        #expect(made.certificate == "/w/c")
        #expect(throws: SetupError.certificateAndKey) {
            try NodeOptions(nodes: "a", cert: "c").context(named: "lab") { $0 }
        }
        #expect(throws: SetupError.self) { try options.context(named: "a b") { $0 } }
    }
}
