import API
import SwiftProtobuf
import Testing

@testable import Agent

@Suite("Operations on the disk")
struct OperationStoreTests {
    let folder: TemporaryFolder
    var store: OperationStore { OperationStore(state: folder.state) }

    init() throws { folder = try TemporaryFolder() }

    private func stored(_ id: String, _ order: Order, started: Int64 = 1) -> StoredOperation {
        var operation = Keel_V1_Operation()
        operation.id = id
        operation.kind = order.kind
        operation.state = .running
        operation.phase = .writing
        operation.started = started
        operation.progress.eta = 1.5
        return StoredOperation(operation: operation, order: order, isSecretWithheld: false)
    }

    @Test("an operation of each kind is read as it was written, oldest first")
    func roundTrip() throws {
        var upgrade = Keel_V1_UpgradeRequest()
        upgrade.source = "https://host/a.keel"
        upgrade.requestID = "request-1"
        let orders: [Order] = [
            .upgrade(upgrade), .activate(.with { $0.retryQuarantined = true }),
            .rollback(.with { $0.requestID = "request-2" }),
            .upgradeLoader(.with { $0.path = "/loader" }),
        ]
        let all = orders.enumerated().map { index, order in
            stored("\(9 - index)", order, started: Int64(index))
        }
        for one in all.reversed() { try store.save(one) }
        #expect(try store.load() == all)
        try store.remove("9")
        #expect(try store.load().count == 3)
    }

    @Test("no secret of a request reaches the disk, and the file says that one is missing")
    func secrets() throws {
        var upgrade = Keel_V1_UpgradeRequest()
        upgrade.source = "https://ada:hunter2@host/a.keel?sig=s3cr3t#part"
        upgrade.bearerToken = "t0k3n-t0k3n"
        try store.save(stored("1", .upgrade(upgrade)))
        let bytes = try #require(
            try folder.state.read(OperationStore.name("1"), limit: OperationStore.limit)
        )
        let text = String(decoding: bytes, as: UTF8.self)
        for secret in ["hunter2", "s3cr3t", "t0k3n", "ada"] { #expect(!text.contains(secret)) }
        let read = try #require(try store.load().first)
        #expect(read.isSecretWithheld)
        guard case .upgrade(let request) = read.order else { throw Unexpected(what: "no upgrade") }
        #expect(request.source == "https://host/a.keel")
        #expect(request.bearerToken.isEmpty)
    }

    @Test("what makes no sense is passed over and stays where it is")
    func nonsense() throws {
        try store.save(stored("1", .rollback(.init())))
        try folder.state.write("operations/2.json", Array("{".utf8))
        try folder.state.write("operations/3.json", Array("{\"operation\": \"{}\"}".utf8))
        #expect(try store.load().map(\.id) == ["1"])
        #expect(try folder.state.list("operations").count == 3)
    }

    @Test(
        "a source is shown without user, password, query and fragment",
        arguments: [
            ("https://host/a", "https://host/a"), ("https://u:p@host/a?x=y", "https://host/a"),
            ("http://u@host:80", "http://host:80"), ("/path/a.keel", "/path/a.keel"),
            ("https://host/a@b", "https://host/a@b"), ("https://u:p@q@host/#x", "https://host/"),
        ]
    )
    func sources(source: String, shown: String) {
        #expect(SourceText.plain(source) == shown)
    }
}
