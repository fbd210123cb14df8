import Slots

/// One place of the ring as it was read: the content of each block that opens.
struct RingPlace {
    let index: Int
    let entry: BootEntry?
    /// Of the newest entry; 0 without one. The next one goes over the other block.
    let revision: Int
    private let blocks: [[UInt8]?]

    init(_ index: Int, _ blocks: [[UInt8]?]) {
        self.index = index
        self.blocks = blocks
        var newest: (entry: BootEntry, revision: Int)?
        for content in blocks[BlackBoxLayout.entryBlocks].compactMap({ $0 }) {
            guard let entry = BootEntry(parsing: content),
                let revision = BootEntry.revision(of: content)
            else { continue }
            // An older boot's entry may be left in the other block.
            let isNewer = newest.map {
                (entry.number, revision) > ($0.entry.number, $0.revision)
            }
            if isNewer ?? true { newest = (entry, revision) }
        }
        entry = newest?.entry
        revision = newest?.revision ?? 0
    }

    /// No block of it opens.
    var isBlank: Bool { blocks.allSatisfy { $0 == nil } }

    /// The place with the least is taken first: one without a boot, then the oldest boot's.
    var order: Int { entry?.number ?? -1 }

    func text(of bootID: String) -> [UInt8] {
        BootText.joined(
            pieces(BlackBoxLayout.partBlocks),
            ends: pieces(BlackBoxLayout.endBlocks),
            of: bootID
        )
    }

    func text(goingOn bootID: String) -> BootText {
        BootText(
            bootID: bootID,
            parts: pieces(BlackBoxLayout.partBlocks),
            ends: pieces(BlackBoxLayout.endBlocks)
        )
    }

    private func pieces(_ range: Range<Int>) -> [BootText.Piece] {
        blocks[range].compactMap { $0.flatMap(BootText.Piece.init(parsing:)) }
    }
}
