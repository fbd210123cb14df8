import Slots
import Testing

@testable import Boot

@Suite("What a boot is told")
struct FactsTests {
    private let line = """
        BOOT_IMAGE=(hd0,gpt2)/boot/bzImage console=ttyS0 quiet keel.slot=B keel.state=trial2 \
        keel.partuuid=ABCD-12 keel.loader=1

        """

    @Test("the boot loader's words are read wherever they stand")
    func read() throws {
        let facts = try #require(BootFacts(commandLine: line))
        #expect(facts == BootFacts(slot: .b, state: "trial2", partition: "abcd-12"))
        #expect(facts.isTrial && facts.attempt == 2 && facts.attemptsLeft == 1)
    }

    @Test(
        "a boot that is not told all three is told nothing",
        arguments: ["keel.slot=B", "keel.state=trial2", "keel.partuuid=ABCD-12"]
    )
    func missing(word: String) {
        let without = line.split(separator: " ").filter { $0 != word }.joined(separator: " ")
        #expect(without != line)
        #expect(BootFacts(commandLine: without) == nil)
    }

    @Test(
        "a word that makes no sense is no word",
        arguments: ["keel.slot=C", "keel.slot=a", "keel.state=trial4", "keel.state="]
    )
    func nonsense(word: String) {
        #expect(BootFacts(commandLine: line + " " + word) == nil)
    }

    @Test("only a trial has attempts")
    func good() {
        let facts = BootFacts(slot: .a, state: "good", partition: "x")
        #expect(!facts.isTrial && facts.attempt == 0 && facts.attemptsLeft == nil)
        #expect(!BootFacts(slot: .a, state: "lastresort", partition: "x").isTrial)
    }

    @Test("the second stage reads what the first one wrote, and nothing else")
    func handover() throws {
        let handover = Handover(
            facts: BootFacts(slot: .a, state: "trial1", partition: "p"),
            disk: "/dev/nvme0n1",
            version: "1.2.0",
            digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
            warnings: ["one", "two \"quoted\""]
        )
        #expect(Handover(parsing: handover.encoded()) == handover)
        #expect(Handover(parsing: Array(handover.encoded().dropLast(9))) == nil)
        #expect(Handover(parsing: []) == nil)
    }
}
