import API
import Testing
import Trust

@testable import osctl

@Suite("Configurations as text")
struct ConfigTextTests {
    private func parse(_ text: String) throws(DocumentFault) -> Keel_V1_NodeConfig {
        try ConfigText.parse(Array(text.utf8))
    }

    private static let yaml = """
        version: 1
        hostname: node-1
        links:
          - match: eth0
            mtu: 1500
            static:
              addresses: [10.0.0.7/24, "2001:db8::7/64"]
              gateways:
                - 10.0.0.1
          - match: "*"
            dhcp: {}
        time_servers: [ntp.example]
        kubelet:
          labels: {zone: a, gpu: true, rack: 7}
          maxPods: 110
        trial: {deadline: 900, attempts: 2}
        """

    @Test("YAML is read by the names of node.proto, in either case")
    func yaml() throws {
        let config = try parse(Self.yaml)
        #expect(config.version == 1)
        #expect(config.links.count == 2)
        #expect(config.links[0].mtu == 1500)
        #expect(config.links[0].static.addresses == ["10.0.0.7/24", "2001:db8::7/64"])
        #expect(config.links[1].method == .dhcp(Keel_V1_DHCP()))
        #expect(config.timeServers == ["ntp.example"])
        #expect(config.kubelet.labels == ["zone": "a", "gpu": "true", "rack": "7"])
        #expect(config.kubelet.maxPods == 110)
        #expect(config.trial.attempts == 2)
    }

    @Test("JSON is read as well")
    func json() throws {
        #expect(
            try parse(#"{"version": 1, "hostname": "a", "trial": {"deadline": "60"}}"#)
                == (try parse("version: 1\nhostname: a\ntrial: {deadline: 60}"))
        )
    }

    @Test("what is printed as YAML is read back the same")
    func roundTrip() throws {
        var config = try parse(Self.yaml)
        var mirror = Keel_V1_RegistryMirror()
        mirror.registry = "*"
        mirror.endpoints = ["http://a:5000"]
        mirror.ca = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
        config.registryMirrors = [mirror]
        config.kubelet.labels["odd"] = "no"
        let text = ConfigText.yaml(config)
        #expect(try parse(text) == config)
        #expect(text.hasPrefix("version: 1\nhostname: node-1\nlinks:\n- match: eth0\n"))
        #expect(ConfigText.yaml(Keel_V1_NodeConfig()) == "{}")
    }

    @Test(
        "a wrong document is refused, with the line where one is wrong",
        arguments: [
            ("version: 1\nhost: a", "line 2: there is no field \"host\""),
            ("links:\n- match: a\n  static: {adresses: [x]}", "line 3: there is no field"),
            ("version: one", "a field that takes a number has something else"),
            ("version: -1", "a field that takes a number has something else"),
            ("links: {match: a}", "a field has a value of another kind"),
            ("links: [{match: a, dhcp: {}, static: {}}]", "a link is either dhcp or static"),
            ("- 1", "line 1: expected fields"), ("", "line 1: expected fields"),
            ("version: [1", "line "), ("hostname: a\nhostname: b", "hostname is there twice"),
        ]
    )
    func broken(text: String, words: String) {
        let fault = #expect(throws: DocumentFault.self) { try parse(text) }
        #expect(fault?.words.contains(words) == true, "\(fault?.words ?? "")")
    }

    @Test("what differs comes first, then what is true now")
    func outcomes() {
        var response = Keel_V1_ApplyConfigResponse()
        #expect(ConfigText.outcome(response, isDryRun: true) == "Nothing would change.")
        response.diff = ["hostname: a -> b"]
        response.generation = 3
        #expect(
            ConfigText.outcome(response, isDryRun: true) == "hostname: a -> b\nNothing was changed."
        )
        #expect(
            ConfigText.outcome(response, isDryRun: false)
                == "hostname: a -> b\nGeneration 3 is in force."
        )
        response.pending.id = "t1"
        response.pending.deadline = 1_795_219_200
        #expect(ConfigText.outcome(response, isDryRun: false).contains("config confirm t1"))
    }
}
