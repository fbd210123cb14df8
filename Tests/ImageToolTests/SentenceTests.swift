import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Testing
import Trust

@testable import ImageTool

@Suite("Sentences")
struct SentenceTests {
    static let digest = OpenSSLHashing().sha256([UInt8]("digest".utf8).span)

    static let errors: [ToolError] =
        [
            .system("read", "FILE", .noSpace), .exists("FILE"), .tooLarge("FILE", limit: 5),
            .option("--name", found: "x", expected: "y"), .changed("FILE"),
            .badSignature("FILE", keyID: digest), .notASignature("FILE", size: 3),
            .unknownKey(digest, known: [digest]), .tooManySignatures(limit: 32),
            .disk(.inUse(path: "FILE")), .layout("FILE", .diskTooSmall(size: 1, needed: 2)),
            .layout("FILE", .slotSize(3)), .disk(.isPartition(path: "FILE")),
            .firmwareFile("FILE", .signedButNotWhole(size: 1, capacity: 2)), .noLoader(["FILE"]),
            .crypto(.unable(reason: "why")), .manifest("FILE", .missing(field: "board")),
            .content("FILE", part: .whole, found: digest, expected: digest),
            .content("FILE", part: .tree, found: digest, expected: digest),
            .content("FILE", part: .chunk(3, offset: 9), found: digest, expected: digest),
        ] + keys + releases + given

    static let given: [ToolError] =
        [
            GivenFault.notOfAnIdentity, .notText, .empty, .notAMachineID, .notASecret(size: 0),
            .key(.key(.encrypted)), .certificate(.undecodable), .notOfTheKey(hasKey: true),
            .notOfTheKey(hasKey: false), .document(DocumentFault(3, "expected text")),
            .configuration("version must be 1, it is 2"), .tooMuch(limit: 5),
        ].map { ToolError.given("FILE", $0) }

    static let keys: [ToolError] =
        [
            KeyError.notPEM, .wrongLabel(found: "A", expected: "B"), .severalBlocks, .encrypted,
            .notEd25519(found: "RSA"), .undecodable, .unable(reason: "why"),
        ].flatMap { [ToolError.key("FILE", $0), .trust("FILE", .key(name: "a.pub", $0))] } + [
            .trust("FILE", .noPolicy), .trust("FILE", .policy(.invalid(field: "epoch"))),
            .trust("FILE", .policy(.unreachableThreshold(keys: 1, threshold: 2))),
            .trust("FILE", .policy(.notFlatJSON(.duplicate(key: "epoch")))),
            .squashFS("FILE", .noMagic(found: [1, 2])),
            .squashFS("FILE", .length(found: 1, expected: 2)),
            .squashFS("FILE", .version(major: 3, minor: 1)), .squashFS("FILE", .compressor("zstd")),
            .squashFS("FILE", .size(3)), .loader("FILE", .noContract),
            .loader("FILE", .notAProgram),
            .loader("FILE", .tooOld(found: 1, needed: 2)),
            .loader("FILE", .tooLarge(size: 3)),
            .loader("FILE", .another(found: digest, expected: digest)),
        ]

    static let releases: [ToolError] =
        [
            BundleFault.truncated(member: "m"), .unexpectedMember(found: nil, expected: "m"),
            .notAFile(member: "m", kind: "k"), .tooLarge(member: "m", size: 2, limit: 1),
            .wrongSize(member: "m", size: 1, expected: 2), .trailing(size: 2, expected: 1),
            .notAnArchive(reason: "why"),
        ].map { ToolError.bundle("FILE", $0) }
        + [
            ChunkIndexError.wrongSize(found: 1, expected: 2), .badLength(chunk: 1, length: 0),
            .wrongDigest(found: digest, expected: digest), .wrongTotal(found: 1, expected: 2),
        ].map { ToolError.index("FILE", $0) }
        + [
            Distrust.tooFewSignatures(valid: 0, needed: 1, signers: []),
            .tooFewSignatures(valid: 0, needed: 1, signers: [digest]),
            .refusesItself(valid: 0, needed: 1), .wrongBoard(found: "a", expected: "b"),
            .belowEpochFloor(epoch: 1, floor: 2), .quarantined(digest),
            .doesNotFit(size: 2, capacity: 1), .unreadableSignatures(.malformed(line: 1)),
            .unreadable(.unsupportedFormat(found: 2, known: 1)),
        ].map { ToolError.distrust("FILE", $0) }

    @Test("every refusal is one plain sentence that names the file or the fact", arguments: errors)
    func sentence(error: ToolError) {
        let text = error.sentence
        #expect(text.hasSuffix("."))
        #expect(!text.hasSuffix(".."))
        #expect(!text.contains("Optional("))
        #expect(!text.contains("ToolError"))
        #expect(text.count > 25)
    }

    @Test("what the system would not do is a failure; the rest is refused")
    func refusals() {
        for error in Self.errors {
            switch error {
            case .system, .changed, .crypto: #expect(!error.isRefusal)
            default: #expect(error.isRefusal)
            }
        }
    }
}
