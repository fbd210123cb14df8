/// The newest text of one boot as blocks: whole parts in a row, and the end, which still grows.
///
/// A block's content is a line of flat JSON, `{"bootId", "part", "revision"}`, and behind it up to
/// `partSize` bytes of text. A part is written once, when it is whole; the end is written anew,
/// into two blocks in turn.
public struct BootText: Sendable {
    public static let partSize = 3840

    /// One block's worth.
    public struct Piece: Sendable, Hashable {
        public var bootID: String
        /// Counts from 0.
        public var part: Int
        /// Of an end: how often it was written before.
        public var revision: Int
        public var bytes: [UInt8]

        public init(bootID: String, part: Int, revision: Int, bytes: [UInt8]) {
            self.bootID = bootID
            self.part = part
            self.revision = revision
            self.bytes = bytes
        }

        /// `nil` for what is no piece of a text.
        public init?(parsing content: [UInt8]) {
            guard let end = content.firstIndex(of: UInt8(ascii: "\n")),
                let members = (try? FlatJSON(parsing: Array(content[..<end])))?.members,
                case .text(let bootID) = members["bootId"],
                case .number(let part) = members["part"],
                case .number(let revision) = members["revision"]
            else { return nil }
            self.init(
                bootID: bootID,
                part: part,
                revision: revision,
                bytes: Array(content[(end + 1)...])
            )
        }

        /// What a `SealedBlock` takes.
        public func encoded() -> [UInt8] {
            var object = FlatJSONWriter()
            object.add("bootId", bootID)
            object.add("part", part)
            object.add("revision", revision)
            return object.lines(separator: ", ", open: "{", close: "}\n") + bytes
        }
    }

    private let bootID: String
    /// The end, and which part it will be.
    private var end: Piece
    private var whole: [Piece] = []
    private var isSaved = true

    public init(bootID: String) {
        self.bootID = bootID
        end = Piece(bootID: bootID, part: 0, revision: 0, bytes: [])
    }

    /// Goes on where the blocks of a place stop, such as after the root was switched.
    public init(bootID: String, parts: [Piece], ends: [Piece]) {
        self.init(bootID: bootID)
        let last = parts.filter { $0.bootID == bootID }.map(\.part).max()
        let newest = Self.newest(ends, of: bootID)
        end.part = max(last.map { $0 + 1 } ?? 0, newest?.part ?? 0)
        // Higher than any there is, so that the next one goes over the older block.
        end.revision = newest.map { $0.revision + 1 } ?? 0
        if let newest, newest.part == end.part { end.bytes = newest.bytes }
    }

    /// Adds text; nothing is written yet. What does not fit a place is forgotten, oldest first.
    public mutating func add(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        isSaved = false
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(Self.partSize - end.bytes.count)
            end.bytes += taken
            rest = rest.dropFirst(taken.count)
            guard end.bytes.count == Self.partSize else { continue }
            whole.append(end)
            if whole.count > BlackBoxLayout.partBlocks.count { whole.removeFirst() }
            end.part += 1
            end.bytes = []
        }
    }

    /// What must be written now: whole parts first, each to `BlackBoxLayout.partBlock`, then the
    /// end. `nil` when all of it was. Until `saved()`, the same is given again.
    public var unsaved: (parts: [Piece], end: Piece)? { isSaved ? nil : (whole, end) }

    /// All that `unsaved` gave is durable.
    public mutating func saved() {
        whole = []
        end.revision += 1
        isSaved = true
    }

    /// The text of a boot from the blocks of its place, oldest first; `gap` stands where a part
    /// in between is lost.
    public static func joined(
        _ parts: [Piece],
        ends: [Piece],
        of bootID: String,
        gap: String = "\n[lost]\n"
    ) -> [UInt8] {
        var pieces = parts.filter { $0.bootID == bootID }.sorted { $0.part < $1.part }
        if let end = newest(ends, of: bootID), end.part > pieces.last?.part ?? -1 {
            pieces.append(end)
        }
        var text: [UInt8] = []
        var next = pieces.first?.part
        for piece in pieces {
            if piece.part != next { text += Array(gap.utf8) }
            text += piece.bytes
            next = piece.part + 1
        }
        return text
    }

    private static func newest(_ ends: [Piece], of bootID: String) -> Piece? {
        ends.filter { $0.bootID == bootID }.max { $0.revision < $1.revision }
    }
}
