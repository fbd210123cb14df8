import API
import Slots
import SlotsDisk
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("The engine in an operation")
struct EngineWorkTests {
    let node: TestNode
    let link = FakeInit()

    init() throws {
        let hashing = OpenSSLHashing()
        node = try TestNode { $0.loaderDigest = hashing.sha256(TestNode.loader(1).span) }
    }

    private func run(_ order: Order) async throws -> Keel_V1_Operation {
        let operations = node.operations(node.engine(link))
        let id = try operations.start(order, by: "CN=ada").operation.id
        try await until("the end") {
            operations.active?.phase == .rebooting || operations.active == nil
        }
        return try #require(operations.list().first { $0.id == id })
    }

    private func upgrade(
        _ version: String,
        _ amend: (inout Keel_V1_UpgradeRequest) -> Void = { _ in }
    ) async throws -> Keel_V1_Operation {
        var request = Keel_V1_UpgradeRequest()
        request.source = try node.bundle(try TestRelease(version))
        amend(&request)
        return try await run(.upgrade(request))
    }

    @Test("an upgrade is verified, written, proved and armed")
    func upgrades() async throws {
        let ended = try await upgrade("2.0.0")
        #expect(ended.state == .succeeded, "\(ended.error.sentence)")
        #expect(ended.outcome.contains("Slot b holds 2.0.0 and boots next, on trial with 3 tries"))
        #expect(ended.version == "2.0.0" && ended.target == "b")
        #expect(ended.digest == (try TestRelease("2.0.0").digest.hex))
        #expect(ended.plan.writeBytes > 0)
        let found = try node.node()
        #expect(found.record?[.b] == .tries(3) && found.next == .b)
        let lines = try HistoryFile(inFolder: node.place.history).lines()
        let entries = lines.compactMap(HistoryEntry.init(parsing:))
        #expect(entries.map(\.event) == [.install, .activate])
        #expect(entries.allSatisfy { $0.moment.bootID == "boot-1" })
    }

    @Test("a trial that only the firmware saw fail is in the history once the agent has started")
    func verdicts() async throws {
        let operations = node.operations(node.engine(link))
        var events: [HistoryEntry.Event] {
            get throws {
                try HistoryFile(inFolder: node.place.history).lines()
                    .compactMap(HistoryEntry.init(parsing:)).map(\.event)
            }
        }
        _ = try await upgrade("2.0.0")
        // A trial is still to come.
        try await operations.noteVerdicts(node.place)
        #expect(try events == [.install, .activate])
        try Bench(node.place, writing: true).machine.bootLoader.revoke(.b, as: .failed)
        for _ in 1...2 {
            try await operations.noteVerdicts(node.place)
            #expect(try events == [.install, .activate, .fail])
        }
    }

    @Test("the same upgrade again changes nothing that matters")
    func again() async throws {
        _ = try await upgrade("2.0.0")
        let ended = try await upgrade("2.0.0")
        #expect(ended.state == .failed || ended.state == .succeeded)
        #expect(try node.node().next == .b)
    }

    @Test("a dry run writes nothing and ends with the plan")
    func dryRun() async throws {
        let before = try File.read(node.place.disk, limit: 1 << 30)
        let ended = try await upgrade("2.0.0") { $0.dryRun = true }
        #expect(ended.state == .succeeded)
        #expect(ended.outcome == "2.0.0 would go into slot b. Nothing was written.")
        #expect(ended.plan.runningBytes > 0)
        #expect(try File.read(node.place.disk, limit: 1 << 30) == before)
    }

    @Test("a staged release boots after it was activated")
    func stages() async throws {
        let staged = try await upgrade("2.0.0") { $0.stageOnly = true }
        #expect(staged.state == .succeeded)
        #expect(staged.outcome == "2.0.0 is staged in slot b. Slot a runs 1.0.0 and boots next.")
        #expect(try node.node().next == .a)
        let activated = try await run(.activate(.init()))
        #expect(activated.state == .succeeded, "\(activated.error.sentence)")
        #expect(try node.node().next == .b)
    }

    @Test("a refusal has its reason, and the disk stays as it was")
    func refuses() async throws {
        let wrong = try await upgrade("2.0.0") { $0.digest = String(repeating: "0", count: 64) }
        #expect(wrong.state == .failed && wrong.error.reason == .releaseRefused)
        #expect(wrong.error.truth == "Nothing was written. Slot a runs 1.0.0 and boots next.")
        let older = try await upgrade("0.9.0")
        #expect(older.error.reason == .releaseRefused)
        let missing = try await upgrade("2.0.0") { $0.source = "/nowhere.keel" }
        #expect([.source, .badRequest].contains(missing.error.reason))
        let nothing = try await run(.activate(.init()))
        #expect(nothing.error.reason == .nothingToDo)
        let back = try await run(.rollback(.init()))
        #expect(back.error.reason == .nothingToDo)
    }

    @Test("an armed release is put off by a rollback, and nothing reboots")
    func putsOff() async throws {
        _ = try await upgrade("2.0.0")
        let disk = try Disk(opening: node.place.disk, for: .reading)
        _ = disk
        // On a workbench the armed slot counts as running; booted, the other one does.
        let ended = try await run(.rollback(.with { $0.reboot = .now }))
        #expect(ended.state == .succeeded || ended.phase == .rebooting, "\(ended.error.sentence)")
        #expect(ended.version == "1.0.0" && ended.target == "a" && !ended.digest.isEmpty)
        #expect(try node.node().next == .a)
    }

    @Test("with a reboot asked for, the first process is asked once everything is in place")
    func reboots() async throws {
        let ended = try await upgrade("2.0.0") { $0.reboot = .now }
        #expect(ended.phase == .rebooting && ended.state == .running)
        try await until("the reboot") { !link.reboots.isEmpty }
        #expect(link.reboots == ["operation \(ended.id)"])
    }

    @Test("when the machine cannot restart, the operation says what is in place")
    func refusedReboot() async throws {
        link.state.withLock { $0.refusesReboot = true }
        let operations = node.operations(node.engine(link))
        let source = try node.bundle(try TestRelease("2.0.0"))
        _ = try operations.start(
            .upgrade(
                .with {
                    $0.source = source
                    $0.reboot = .now
                }
            ),
            by: "CN=ada"
        )
        try await until("the end") { operations.active == nil }
        let ended = try #require(operations.list().first)
        #expect(ended.state == .failed && ended.error.reason == .noInit)
        #expect(ended.error.sentence.contains("boots next, on trial"))
        #expect(Sentences.faults(in: ended.error.sentence) == [], "\(ended.error.sentence)")
        #expect(try node.node().next == .b)
    }

    @Test("the loader that the running release signs is installed, another one refused")
    func loader() async throws {
        let good = try node.folder.write(TestNode.loader(1), to: "loader")
        let ended = try await run(.upgradeLoader(.with { $0.path = good }))
        #expect(ended.state == .succeeded, "\(ended.error.sentence)")
        #expect(ended.outcome.contains("from now on"))
        let again = try await run(.upgradeLoader(.with { $0.path = good }))
        #expect(again.outcome.contains("already. Nothing was written."))
        let other = try node.folder.write(TestNode.loader(2), to: "other")
        let refused = try await run(.upgradeLoader(.with { $0.path = other }))
        #expect(refused.state == .failed && refused.error.reason == .loaderRefused)
    }

    @Test("another writer of the disk makes it busy, after a bounded wait")
    func lockedDisk() async throws {
        let lock = try Disk(opening: node.place.disk, for: .writing(wait: .zero))
        let ended = try await upgrade("2.0.0")
        #expect(ended.state == .failed && ended.error.reason == .busy)
        withExtendedLifetime(lock) {}
    }
}
