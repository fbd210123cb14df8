import Testing

@testable import API
@testable import Agent

@Suite("Roles")
struct RolesTests {
    struct Nothing: NodeService {}

    /// The methods that the server really serves.
    static let methods = NodeMethods.table(Nothing(), ServerLimits()).values.map(\.name).sorted()

    @Test("every method of the service has a least role, and no rule is for nothing")
    func complete() {
        #expect(Self.methods.count == 25)
        let health = ["grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch"]
        #expect(Roles.least.keys.sorted() == (Self.methods + health).sorted())
        #expect(Roles.unbootstrapped.isSubset(of: Self.methods))
    }

    @Test(
        "each method is allowed to its role and those above, and to nobody below",
        arguments: methods
    )
    func ladder(method: String) throws {
        let least = try #require(Roles.least[method])
        for (organisation, role) in [
            ("keelos:reader", Keel_V1_Role.reader), ("keelos:operator", .operator),
            ("keelos:admin", .admin), ("system:masters", .admin),
        ] {
            if role.rawValue >= least.rawValue {
                try Roles.require(method, for: ["x", organisation])
            } else {
                let failure = #expect(throws: CallFailure.self) {
                    try Roles.require(method, for: [organisation])
                }
                #expect(failure?.code == .permissionDenied)
                #expect(failure?.detail.needed == least)
            }
        }
    }

    @Test(
        "a certificate without a role of ours may call nothing",
        arguments: [[], ["system:nodes"], ["keelos:Admin"], ["keelos:admin "], ["admin"]]
    )
    func stranger(organisations: [String]) {
        for method in Self.methods {
            #expect(throws: CallFailure.self) { try Roles.require(method, for: organisations) }
        }
    }

    @Test("a method that no rule names is denied to everybody")
    func unknown() {
        for method in ["Format", "upgrade", "", "grpc.reflection.v1.ServerReflection/Info"] {
            #expect(throws: CallFailure.self) {
                try Roles.require(method, for: ["system:masters"])
            }
            #expect(throws: CallFailure.self) { try Roles.requireOpen(method) }
        }
    }

    @Test("before bootstrap exactly four methods and the health check are open", arguments: methods)
    func open(method: String) {
        let isOpen = ["GetStatus", "GetIdentity", "Bootstrap", "GetBootstrapStatus"].contains(
            method
        )
        #expect((try? Roles.requireOpen(method)) != nil || !isOpen)
        guard !isOpen else { return }
        let failure = #expect(throws: CallFailure.self) { try Roles.requireOpen(method) }
        #expect(failure?.detail.reason == .notBootstrapped)
    }

    @Test("of several roles the highest counts")
    func highest() {
        #expect(Roles.role(of: ["keelos:reader", "keelos:admin", "keelos:operator"]) == .admin)
        #expect(Roles.role(of: []) == nil)
    }
}
