import API
import Slots
import Testing

@testable import Agent

@Suite("Registry mirrors")
struct RegistryFolderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var registries: RegistryFolder { RegistryFolder(state: folder.state) }

    private func mirror(
        _ registry: String,
        _ endpoints: [String],
        ca: String = ""
    ) -> Keel_V1_RegistryMirror {
        .with {
            $0.registry = registry
            $0.endpoints = endpoints
            $0.ca = ca
        }
    }

    private func text(_ name: String) throws -> String? {
        try folder.state.read(name, limit: 4096).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("each mirror is a host of hosts.toml, in their order, quoted as TOML wants it")
    func hosts() {
        let endpoints = ["https://a.example", "http://b.example:5000/\"\\"]
        let mirror = mirror("docker.io", endpoints, ca: "PEM")
        #expect(
            RegistryFolder.hosts(mirror, authorities: "/keel/ca.crt") == """
                [host."https://a.example"]
                  capabilities = ["pull", "resolve"]
                  ca = "/keel/ca.crt"

                [host."http://b.example:5000/\\"\\\\"]
                  capabilities = ["pull", "resolve"]
                  ca = "/keel/ca.crt"

                """
        )
    }

    @Test("a registry has a folder of its own, and * that for all others")
    func folders() throws {
        try registries.write([
            mirror("registry.example:5000", ["https://a.example"], ca: "PEM"),
            mirror("*", ["https://b.example"]),
        ])
        let state = folder.state
        #expect(try state.list("registries") == ["_default", "registry.example:5000"])
        #expect(try state.list("registries/_default") == ["hosts.toml"])
        #expect(try text("registries/registry.example:5000/ca.crt") == "PEM")
        let hosts = try #require(try text("registries/registry.example:5000/hosts.toml"))
        #expect(hosts.contains("\(state.path)/registries/registry.example:5000/ca.crt"))
    }

    @Test("what is not named any more goes: a registry, a mirror, a CA")
    func forgets() throws {
        try registries.write([
            mirror("a.example", ["https://m1.example", "https://m2.example"], ca: "PEM"),
            mirror("b.example", ["https://m1.example"]),
        ])
        try registries.write([mirror("a.example", ["https://m2.example"])])
        let state = folder.state
        #expect(try state.list("registries") == ["a.example"])
        #expect(try state.list("registries/a.example") == ["hosts.toml"])
        #expect(
            try text("registries/a.example/hosts.toml") == """
                [host."https://m2.example"]
                  capabilities = ["pull", "resolve"]

                """
        )
        try registries.write([])
        #expect(try state.list("registries") == [])
    }

    @Test("the mirrors of a configuration's try are in force at once, and gone when it goes back")
    func tried() async throws {
        let configuration = try Configuration(
            store: ConfigStore(state: folder.state),
            initLink: FakeInit(),
            logger: TestNode.quiet
        )
        let now = Timestamp(seconds: 1_800_000_000)
        let config = Keel_V1_NodeConfig.with {
            $0.version = 1
            $0.registryMirrors = [mirror("quay.io", ["https://m1.example"])]
        }
        _ = try await configuration.attempt(config, by: "ada", seconds: 60, expected: 0, now: now)
        #expect(try folder.state.list("registries/quay.io") == ["hosts.toml"])
        let id = try #require(await configuration.state.pending).id
        try await configuration.revert(id, now: now)
        #expect(try folder.state.list("registries") == [])
    }

    @Test("a folder that cannot be written is said, with the file's name")
    func refuses() throws {
        try folder.state.write("registries", Array("a file".utf8))
        #expect(throws: StateError.self) {
            try registries.write([mirror("a.example", ["https://m1.example"])])
        }
    }
}
