import Slots
import SlotsDisk
import SlotsLayout

/// The node's disk as it was at one moment, in values that may go anywhere.
struct NodePicture: Sendable {
    let node: Node
    let slotSizes: PerSlot<Int>
    let why: BootReason
    let loaderContract: Int?
    /// The table's backup had to be read.
    let isTableDamaged: Bool
}

/// Reads the disk for all who ask, one reading at a time.
///
/// Nothing is remembered: whoever asks gets what the disk said after the question. Those who ask
/// while a reading is under way share the next one, so that a thousand clients cost what one does.
actor NodeReader {
    private typealias Outcome = Result<NodePicture, AgentError>

    private let place: Place
    private var waiting: [CheckedContinuation<Outcome, Never>] = []
    private var isReading = false

    init(_ place: Place) { self.place = place }

    func read() async throws(AgentError) -> NodePicture {
        let outcome: Outcome = await withCheckedContinuation { continuation in
            waiting.append(continuation)
            guard !isReading else { return }
            isReading = true
            Task { await serve() }
        }
        return try outcome.get()
    }

    /// Serves everybody who asked before a reading with that reading, until nobody is left.
    private func serve() async {
        while !waiting.isEmpty {
            let asked = waiting
            waiting = []
            let outcome = await picture()
            for continuation in asked { continuation.resume(returning: outcome) }
        }
        isReading = false
    }

    private func picture() async -> Outcome {
        let place = place
        do throws(AgentError) {
            return .success(
                try await Offload.run("node") { () throws(AgentError) in try Self.picture(place) }
            )
        } catch {
            return .failure(error)
        }
    }

    private static func picture(_ place: Place) throws(AgentError) -> NodePicture {
        let bench = try Bench(place, writing: false)
        return NodePicture(
            node: try bench.node(),
            slotSizes: PerSlot(
                a: bench.layout.slots.a.range.count,
                b: bench.layout.slots.b.range.count
            ),
            why: bench.why,
            loaderContract: bench.machine.loaderContract,
            isTableDamaged: bench.layout.table != .whole
        )
    }
}
