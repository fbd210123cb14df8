import InitLink
import Slots
import Testing

@testable import Boot

@Suite("The kept configuration")
struct ConfigurationTests {
    private func kept(_ config: String) -> KeptConfiguration? {
        var file = FlatJSONWriter()
        file.add("generation", 3)
        file.add("id", "x")
        file.add("config", config)
        return KeptConfiguration(
            parsing: file.lines(separator: ",\n", open: "{\n", close: "\n}\n")
        )
    }

    @Test("network and deadline are read as the agent writes them")
    func full() throws {
        let found = try #require(
            kept(
                """
                {"version":1,"hostname":"node-7","links":[
                 {"match":"eth0","static":{"addresses":["10.0.0.7/24","fd00::7/64"],
                  "gateways":["10.0.0.1"]},"mtu":1400},
                 {"match":"52:54:00:12:34:56","dhcp":{"clientId":"seven"}}],
                 "nameservers":["10.0.0.53"],"searchDomains":["a.example"],
                 "timeServers":["t.example"],"trial":{"deadline":120,"attempts":2},
                 "kubelet":{"labels":{"a":"b"},"flag":true,"none":null}}
                """
            )
        )
        #expect(found.deadline == 120)
        #expect(found.network.hostName == "node-7")
        #expect(
            found.network.links == [
                LinkSettings(
                    match: "eth0",
                    method: .fixed(
                        addresses: ["10.0.0.7/24", "fd00::7/64"],
                        gateways: ["10.0.0.1"]
                    ),
                    mtu: 1400
                ),
                LinkSettings(match: "52:54:00:12:34:56", method: .dhcp(clientID: "seven")),
            ]
        )
        #expect(found.network.nameservers == ["10.0.0.53"])
        #expect(found.network.timeServers == ["t.example"])
    }

    @Test("an empty one is the default")
    func empty() {
        #expect(kept("{}") == KeptConfiguration())
        #expect(kept(#"{"trial":{"deadline":5}}"#)?.deadline == 600)
    }

    @Test(
        "what is no configuration is none",
        arguments: ["", "{", "[", "{\"a\":}", "{} x", "{\"a\":1,}", "{\"a\":\"\n\"}"]
    )
    func broken(text: String) { #expect(kept(text) == nil) }

    @Test("nesting has a limit, and so has every wait for a bracket")
    func deep() {
        let limit = NestedJSON.depthLimit
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(NestedJSON(parsing: nested(limit)) != nil)
        #expect(NestedJSON(parsing: nested(limit + 1)) == nil)
        #expect(NestedJSON(parsing: nested(100_000)) == nil)
    }

    @Test("texts are read with their escapes, and wrong ones refused")
    func texts() {
        #expect(NestedJSON(parsing: #""a\n\u00e9\"\\\/""#) == .text("a\né\"\\/"))
        for text in [#""\x""#, #""\u12""#, #""\ud800""#, "\"a"] {
            #expect(NestedJSON(parsing: text) == nil, "\(text)")
        }
        #expect(NestedJSON(parsing: "-12") == .number(-12))
        #expect(NestedJSON(parsing: "1.5") == nil)
    }

    @Test("settings whose addresses are none are refused")
    func plans() throws {
        func plan(_ addresses: [String], _ gateways: [String]) throws(MessageFault) -> LinkPlan {
            try LinkPlan(
                LinkSettings(
                    match: "eth0",
                    method: .fixed(addresses: addresses, gateways: gateways)
                )
            )
        }
        #expect(try plan(["10.0.0.1/8"], ["10.0.0.2", "fd00::1"]).match == "eth0")
        #expect(throws: MessageFault.text(.addresses)) { try plan(["10.0.0.1"], []) }
        #expect(throws: MessageFault.text(.addresses)) { try plan([], []) }
        #expect(throws: MessageFault.text(.gateways)) { try plan(["10.0.0.1/8"], ["x"]) }
        #expect(throws: MessageFault.text(.gateways)) {
            try plan(["10.0.0.1/8"], ["10.0.0.2", "10.0.0.3"])
        }
        #expect(throws: MessageFault.text(.nameservers)) {
            try LinkPlan.all(NetworkSettings(nameservers: ["dns.example"]))
        }
    }
}
