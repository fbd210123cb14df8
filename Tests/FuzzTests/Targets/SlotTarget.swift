import Simulator
import Slots
import Trust

/// A slot as the engine finds it after power-on: superblock and trailer are anybody's bytes.
///
/// Opening the engine writes to no slot and reads nothing beyond it; what is believed was signed,
/// and lies where it says.
///
/// | offset | size | laid at | what |
/// |--|--|--|--|
/// | 0 | 96 | 0 | superblock |
/// | 96 | 24 | where the superblock says that the root ends | head of the trailer |
/// | 120 | | behind it | manifest, signatures, index |
struct SlotTarget: FuzzTarget {
    static let name = "slot"
    static let rounds = 350
    static let dialect = Dialect(
        limit: 8 << 10,
        tokens: ["hsqs", "KEELSLT1", " ed25519 ", "\n"],
        fields: [
            Dialect.Field(40, 8), Dialect.Field(104, 4), Dialect.Field(108, 4),
            Dialect.Field(112, 4), Dialect.Field(116, 4),
        ]
    )
    private static let head = 96
    private static let slotSize = 64 << 10

    private let device = TestDevice([UInt8](repeating: 0, count: slotSize), sectorSize: 512)
    private let key: PrivateKey
    private let policy: TrustPolicy
    private let checker = Ed25519Checker()

    init() throws {
        key = try TestReleases.key(1)
        policy = try TestReleases.policy()
    }

    func seeds() throws -> [[UInt8]] {
        [try TestReleases.one(), try TestReleases.two()].map { release in
            let start = release.root.count
            let size = Trailer.size(
                statement: release.statement,
                indexSize: release.index.bytes.count
            )
            return Array(release.root[..<Self.head] + release.slotBytes[start..<(start + size)])
        }
    }

    /// Signs the manifest again, whatever it says by now, and puts its lengths right.
    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        guard input.count > Self.head + Trailer.headerSize,
            let end = input.place(of: Array("\n}\n".utf8), from: Self.head + Trailer.headerSize)
        else { return }
        let manifest = Array(input[(Self.head + Trailer.headerSize)..<(end + 3)])
        guard let bytes = try? key.sign(manifest.span) else { return }
        let signature = Signature(keyID: key.publicKey.id, bytes: bytes)
        let index = Array(input.suffix(72))
        let trailer = Trailer(
            statement: SignedStatement(
                manifest: manifest,
                signatures: Signatures([signature]).encoded()
            ),
            index: index
        )
        input = input[..<Self.head] + trailer.encoded()
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        device.reset()
        lay(input)
        let mark = device.mark
        let machine = Machine(
            slots: PerSlot(a: device, b: device),
            bootLoader: RecordBootLoader(store: TestRecords.good),
            boot: .running(.a, lastResort: false),
            policy: policy,
            hashing: OpenSSLHashing(),
            checker: checker,
            clock: StoppedClock(),
            history: nil,
            moment: { Moment() },
            loaderContract: 1,
            isClockGood: false
        )
        let node = try must("the engine does not open") { () throws(UpdateError) in
            try Engine(machine: machine).node()
        }
        try promise(device.mark == mark, "looking at a slot wrote to it")
        if let escape = device.escape { throw BrokenPromise(escape) }
        switch node.contents.a {
        case .whole(let release):
            try checkBelief(release)
            return "whole"
        case .unknown(let distrust): return "unknown " + (distrust.map(ending) ?? "")
        case .empty: return "empty"
        case .partial: return "partial"
        }
    }

    private func lay(_ input: [UInt8]) {
        let head = input.prefix(Self.head)
        device.lay(head, at: 0)
        let size = head.dropFirst(40).prefix(8).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        let claimed = Int(clamping: size)
        let isInside = claimed < Self.slotSize - 4096
        let start = isInside ? SlotLayout.roundUp(claimed) : 8192
        let trailer = input.dropFirst(Self.head).prefix(Self.slotSize - start)
        device.lay(trailer, at: start)
    }

    private func checkBelief(_ release: Release) throws(BrokenPromise) {
        let statement = release.statement
        let signatures = try must("believed, and its signatures are unreadable") {
            () throws(SignaturesError) in
            try Signatures(parsing: statement.signatures)
        }
        try promise(
            signatures.count(of: policy.keys, over: statement.manifest, checker: checker) == 1,
            "believes what nobody signed"
        )
        let start = release.manifest.root.size + Trailer.headerSize
        let end = start + statement.manifest.count
        try promise(
            end <= Self.slotSize && device.contents[start..<end] == statement.manifest[...],
            "the manifest is not the one in the slot"
        )
    }
}

/// A clock for code that only shows the time.
final class StoppedClock: TimeSource {
    var now: Duration { .zero }
}
