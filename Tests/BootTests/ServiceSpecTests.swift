import Testing

@testable import Boot

@Suite("Service files")
struct ServiceSpecTests {
    private func parse(_ text: String) throws(ServiceSpec.Fault) -> ServiceSpec {
        try ServiceSpec(parsing: Array(text.utf8))
    }

    @Test("everything that can be said is read")
    func full() throws {
        let spec = try parse(
            """
            {"name": "kubelet", "command": ["/usr/bin/kubelet", "--disk", "{disk}"],
             "after": ["containerd"], "starts": "bootstrapped", "restart.first": 2,
             "restart.most": 60, "stop.seconds": 20, "memory.max": 1000000}
            """
        )
        #expect(spec.name == "kubelet" && spec.after == ["containerd"])
        #expect(spec.command(disk: "/dev/vda") == ["/usr/bin/kubelet", "--disk", "/dev/vda"])
        #expect(spec.starts == .bootstrapped && spec.stopTime == .seconds(20))
        #expect(spec.firstRest == .seconds(2) && spec.longestRest == .seconds(60))
        #expect(spec.memoryLimit == 1_000_000)
    }

    @Test("what is left out has a default")
    func short() throws {
        let spec = try parse(#"{"name": "a", "command": ["/a"]}"#)
        #expect(spec == ServiceSpec(name: "a", command: ["/a"]))
    }

    @Test(
        "what makes no sense is refused by name",
        arguments: [
            (#"{"command": ["/a"]}"#, "name"),
            (#"{"name": "", "command": ["/a"]}"#, "name"),
            (#"{"name": "a b", "command": ["/a"]}"#, "name"),
            (#"{"name": "a", "command": []}"#, "command"),
            (#"{"name": "a", "command": ["a"]}"#, "command"),
            (#"{"name": "a", "command": ["/a"], "after": "b"}"#, "after"),
            (#"{"name": "a", "command": ["/a"], "starts": "never"}"#, "starts"),
            (#"{"name": "a", "command": ["/a"], "restart.first": 0}"#, "restart.first"),
            (
                #"{"name": "a", "command": ["/a"], "restart.first": 9, "restart.most": 8}"#,
                "restart.most"
            ),
            (#"{"name": "a", "command": ["/a"], "stop.seconds": 301}"#, "stop.seconds"),
            (#"{"name": "a", "command": ["/a"], "memory.max": "1"}"#, "memory.max"),
        ]
    )
    func wrong(text: String, member: String) {
        #expect(throws: ServiceSpec.Fault.member(member)) { try parse(text) }
    }

    @Test("a word that was misspelled is not passed over")
    func unknown() {
        #expect(throws: ServiceSpec.Fault.unknown("afer")) {
            try parse(#"{"name": "a", "command": ["/a"], "afer": ["b"]}"#)
        }
    }

    @Test("a file that is no service does not keep the others from running")
    func files() {
        let ground = MemoryGround()
        ground.set("/etc/keel/services/a.json", #"{"name": "a", "command": ["/a"]}"#)
        ground.set("/etc/keel/services/b.json", "{")
        ground.set("/etc/keel/services/c.json", #"{"name": "a", "command": ["/c"]}"#)
        ground.set("/etc/keel/services/d.txt", "no service")
        let specs = ServiceFiles.read(on: ground)
        #expect(specs.map(\.name) == ["a"] && specs[0].command == ["/a"])
        #expect(ground.hasSaid("b.json is no service: "))
        #expect(ground.hasSaid("c.json: there is a service a already"))
    }
}
