import API
import Slots
import Synchronization
import Syscalls
import Testing

@testable import Agent

/// Work that does what the test says, when the test says so.
final class FakeWork: Work {
    typealias Body = @Sendable (Order, OperationHandle) throws(AgentError) -> Ending

    let place: Place
    let reboots = Mutex<[String]>([])
    private let body: Body

    init(_ place: Place, _ body: @escaping Body) {
        self.place = place
        self.body = body
    }

    func perform(_ order: Order, _ handle: OperationHandle) throws(AgentError) -> Ending {
        try body(order, handle)
    }

    func reboot(after done: String, _ id: String) throws(AgentError) {
        reboots.withLock { $0.append(done) }
    }
}

/// A gate between a test and the thread of an operation.
final class Latch: Sendable {
    private let opened = Atomic(false)

    func open() { opened.store(true, ordering: .releasing) }

    func wait(_ handle: OperationHandle) throws(AgentError) {
        while !opened.load(ordering: .acquiring) {
            if handle.isCancelled { throw .cancelled }
            MonotonicTime.sleep(.milliseconds(2))
        }
    }
}

@Suite("Operations")
struct OperationsTests {
    let node: TestNode
    let latch = Latch()

    init() throws { node = try TestNode() }

    private var work: FakeWork {
        let latch = latch
        return FakeWork(node.place) { (_, handle) throws(AgentError) in
            handle.enter(.writing)
            try latch.wait(handle)
            return .done("It is done.")
        }
    }

    private func order(_ requestID: String = "", notBefore: Int64 = 0) -> Order {
        .upgrade(
            .with {
                $0.source = "/nowhere"
                $0.requestID = requestID
                $0.notBefore = notBefore
            }
        )
    }

    private func refusal(_ body: () throws(CallFailure) -> Void) throws -> CallFailure {
        do throws(CallFailure) { try body() } catch { return error }
        throw Missing()
    }

    struct Missing: Error {}

    @Test("an operation is on the disk before anybody hears of it, and when it ended")
    func durable() async throws {
        let operations = node.operations(work)
        let started = try operations.start(order("request-1"), by: "CN=ada").operation
        #expect(started.id.utf8.count == 32)
        #expect(started.startedBy == "CN=ada" && started.state == .running)
        let store = OperationStore(state: node.state)
        #expect(try store.load().map(\.id) == [started.id])
        latch.open()
        try await until("the end") { operations.active == nil }
        let ended = try #require(try store.load().first?.operation)
        #expect(ended.state == .succeeded && ended.phase == .done)
        #expect(ended.outcome == "It is done." && ended.ended > 0)
        #expect(operations.list() == [ended])
    }

    @Test("the same request id is the same operation, running or over")
    func joins() async throws {
        let operations = node.operations(work)
        let first = try operations.start(order("request-1"), by: "CN=ada")
        let second = try operations.start(order("request-1"), by: "CN=bob")
        #expect(!first.joined && second.joined)
        #expect(first.operation.id == second.operation.id)
        latch.open()
        try await until("the end") { operations.active == nil }
        let third = try operations.start(order("request-1"), by: "CN=ada")
        #expect(third.joined && third.operation.state == .succeeded)
        let other = try refusal { () throws(CallFailure) in
            _ = try operations.start(.rollback(.with { $0.requestID = "request-1" }), by: "CN=ada")
        }
        #expect(other.detail.reason == .badRequest)
    }

    @Test("a second one is refused with who started the first and how far it is")
    func busy() async throws {
        let operations = node.operations(work)
        let first = try operations.start(order("request-1"), by: "CN=ada").operation
        try await until("writing") { operations.active?.phase == .writing }
        for id in ["", "request-2"] {
            let failure = try refusal { () throws(CallFailure) in
                _ = try operations.start(order(id), by: "CN=bob")
            }
            #expect(failure.detail.reason == .busy && failure.code == .failedPrecondition)
            #expect(failure.detail.operation.id == first.id)
            #expect(failure.detail.operation.startedBy == "CN=ada")
            #expect(failure.detail.sentence.contains("CN=ada"))
            #expect(failure.detail.sentence.contains("writing"))
        }
        let claim: CallFailure?
        do throws(CallFailure) {
            _ = try await operations.exclusively { 1 }
            claim = nil
        } catch {
            claim = error
        }
        #expect(claim?.detail.reason == .busy)
        latch.open()
        try await until("the end") { operations.active == nil }
        #expect(try await operations.exclusively { 7 } == 7)
        _ = try operations.start(order(), by: "CN=bob")
    }

    @Test("watching tells each phase and the end, and then ends")
    func watches() async throws {
        let latch = latch
        let operations = node.operations(
            FakeWork(node.place) { (_, handle) throws(AgentError) in
                try latch.wait(handle)
                for phase in [Keel_V1_Operation.Phase.scanning, .writing, .proving, .activating] {
                    handle.enter(phase)
                }
                return .done("It is done.")
            }
        )
        let id = try operations.start(order(), by: "CN=ada").operation.id
        let stream = try operations.watch("")
        latch.open()
        var seen: [Keel_V1_Operation] = []
        for await operation in stream { seen.append(operation) }
        #expect(seen.allSatisfy { $0.id == id })
        var phases: [Keel_V1_Operation.Phase] = []
        for operation in seen where phases.last != operation.phase {
            phases.append(operation.phase)
        }
        #expect(phases == [.verifying, .scanning, .writing, .proving, .activating, .done])
        #expect(seen.last?.state == .succeeded)
        var late: [Keel_V1_Operation] = []
        for await operation in try operations.watch(id) { late.append(operation) }
        #expect(late.map(\.state) == [.succeeded])
        let failure = try refusal { () throws(CallFailure) in _ = try operations.watch("nothing") }
        #expect(failure.detail.reason == .notFound)
    }

    @Test("a reader that does not read loses progress, never the end")
    func slowReader() async throws {
        let operations = node.operations(
            FakeWork(node.place) { (_, handle) throws(AgentError) in
                for number in 0..<1000 {
                    handle.show(.with { $0.bytes = UInt64(number) }, in: .writing)
                }
                return .done("It is done.")
            }
        )
        _ = try operations.start(order(notBefore: 1), by: "CN=ada")
        let stream = try operations.watch("")
        try await until("the end") { operations.active == nil }
        var seen: [Keel_V1_Operation] = []
        for await operation in stream { seen.append(operation) }
        #expect(seen.count <= 9)
        #expect(seen.last?.state == .succeeded)
    }

    @Test("a cancelled operation stops at the next safe point and says what is true")
    func cancels() async throws {
        let operations = node.operations(work)
        let id = try operations.start(order(), by: "CN=ada").operation.id
        try await until("writing") { operations.active?.phase == .writing }
        _ = try operations.cancel(id)
        try await until("the end") { operations.active == nil }
        let ended = try #require(operations.list().first)
        #expect(ended.state == .cancelled && ended.error.reason == .cancelled)
        #expect(ended.error.truth == "Nothing was written. Slot a runs 1.0.0 and boots next.")
        #expect(try operations.cancel(id).state == .cancelled)
        let failure = try refusal { () throws(CallFailure) in _ = try operations.cancel("nothing") }
        #expect(failure.detail.reason == .notFound)
    }

    @Test("not_before is waited for, and can be cancelled meanwhile")
    func waits() async throws {
        let operations = node.operations(work)
        let later = Int64(Timestamp.now.seconds) + 3600
        let pending = try operations.start(order(notBefore: later), by: "CN=ada").operation
        #expect(pending.state == .pending && pending.phase == .waiting)
        _ = try operations.cancel(pending.id)
        try await until("the end") { operations.active == nil }
        #expect(operations.list().first?.state == .cancelled)
        let soon = Int64(Timestamp.now.seconds) + 1
        latch.open()
        _ = try operations.start(order(notBefore: soon), by: "CN=ada")
        try await until("the end") { operations.list().first?.state == .succeeded }
        #expect(Int64(Timestamp.now.seconds) >= soon)
    }

    @Test("a failure carries its reason, its sentence and what is still true")
    func fails() async throws {
        let operations = node.operations(
            FakeWork(node.place) { (_, _) throws(AgentError) in throw .update(.nothingRuns) }
        )
        _ = try operations.start(order(), by: "CN=ada")
        try await until("the end") { operations.active == nil }
        let ended = try #require(operations.list().first)
        #expect(ended.state == .failed && ended.error.reason == .notSettled)
        #expect(ended.error.sentence == UpdateError.nothingRuns.sentence)
        #expect(ended.error.truth.hasPrefix("Nothing was written."))
    }

    @Test("only the newest ended operations are kept, in memory and on the disk")
    func forgets() async throws {
        latch.open()
        let operations = node.operations(work)
        for number in 0..<(Operations.kept + 3) {
            _ = try operations.start(order("request-\(number)"), by: "CN=ada")
            try await until("the end") { operations.active == nil }
        }
        #expect(operations.list().count == Operations.kept)
        try await until("old files to go") {
            (try? OperationStore(state: node.state).load().count) == Operations.kept
        }
        #expect(operations.list().first?.requestID == "request-\(Operations.kept + 2)")
    }

    @Test("the agent's end leaves an operation to the next start, which takes it up once more")
    func takenUp() async throws {
        let first = node.operations(work)
        let id = try first.start(order("request-1"), by: "CN=ada").operation.id
        try await until("writing") { first.active?.phase == .writing }
        _ = first.stop()
        try await until("the end") { first.active == nil }
        #expect(first.list().first?.state == .running)
        latch.open()
        let second = node.operations(work)
        try second.recover(node.place)
        try await until("the end") { second.active == nil }
        #expect(second.list().map(\.id) == [id])
        #expect(second.list().first?.state == .succeeded)
        let third = node.operations(work)
        try third.recover(node.place)
        #expect(third.active == nil && third.list().first?.state == .succeeded)
    }

    @Test("an operation whose secret is gone is interrupted, and the same request starts it again")
    func interrupted() async throws {
        let secret = Order.upgrade(
            .with {
                $0.source = "/nowhere"
                $0.requestID = "request-1"
                $0.bearerToken = "token"
            }
        )
        let first = node.operations(work)
        let id = try first.start(secret, by: "CN=ada").operation.id
        try await until("writing") { first.active?.phase == .writing }
        _ = first.stop()
        try await until("the end") { first.active == nil }
        let second = node.operations(work)
        try second.recover(node.place)
        #expect(second.list().first?.state == .interrupted)
        #expect(second.list().first?.outcome.contains("boots next") == true)
        latch.open()
        let again = try second.start(secret, by: "CN=ada")
        #expect(again.operation.id == id && again.operation.state == .running)
        try await until("the end") { second.active == nil }
        #expect(second.list().map(\.state) == [.succeeded])
    }

    @Test("after the reboot that an operation asked for, the next start calls it done")
    func reboots() async throws {
        let work = FakeWork(node.place) { (_, handle) throws(AgentError) in
            handle.arm()
            return .rebooting("It is armed.")
        }
        let first = node.operations(work)
        _ = try first.start(order(), by: "CN=ada")
        try await until("the reboot") { !work.reboots.withLock { $0.isEmpty } }
        #expect(first.active?.phase == .rebooting)
        let second = node.operations(work, bootID: "boot-2")
        try second.recover(node.place)
        let ended = try #require(second.list().first)
        #expect(ended.state == .succeeded && ended.bootID == "boot-2")
        #expect(ended.outcome.contains("restarted"))
    }
}
