public import Slots

/// The accounts of the last boots at the end of the data partition (`BlackBoxLayout`).
///
/// Invariants: every block proves itself and names its boot, and the blocks that change are
/// written in turn, so a power cut costs what was being written and nothing else. A ring that
/// nobody made is never written to. No lock is taken: the first process alone writes.
public final class BlackBoxRing {
    /// One boot as the ring has it.
    public struct Account: Sendable, Hashable {
        public var entry: BootEntry
        /// The newest of what the kernel and the services said, as far as it was saved.
        public var text: [UInt8]

        public init(entry: BootEntry, text: [UInt8]) {
            self.entry = entry
            self.text = text
        }
    }

    private let device: any SectorDevice
    private let hashing: any Hashing

    /// `device` is the ring itself, such as a `BlackBoxDevice`.
    ///
    /// - Precondition: it has `BlackBoxLayout.size` bytes.
    public init(on device: any SectorDevice, hashing: any Hashing) {
        precondition(device.size == BlackBoxLayout.size, "a ring has 1 MiB")
        self.device = device
        self.hashing = hashing
    }

    /// Makes an empty ring. Durable when it returns; whatever lay there is lost.
    public static func format(_ device: any SectorDevice) throws(DeviceError) {
        let blank = [UInt8](repeating: 0, count: BlackBoxLayout.placeSize)
        for place in 0..<BlackBoxLayout.placeCount {
            try device.write(blank.span, at: place * BlackBoxLayout.placeSize)
        }
        try device.flush()
        try device.write(SealedBlock.emptyRing.span, at: 0)
        try device.flush()
    }

    /// Whether somebody made a ring here: at least one block of it opens.
    public func isMade() throws(DeviceError) -> Bool { try places().contains { !$0.isBlank } }

    /// Every boot there is, the newest first. What is torn or strange is passed over.
    public func accounts() throws(DeviceError) -> [Account] {
        var found: [Account] = []
        for place in try places() {
            guard let entry = place.entry else { continue }
            found.append(Account(entry: entry, text: place.text(of: entry.bootID)))
        }
        return found.sorted { $0.entry.number > $1.entry.number }
    }

    /// Takes a place for a boot, or goes on with the one the same boot has already.
    ///
    /// A new boot gets the next number, and the place of none or of the oldest. A boot that goes
    /// on keeps number, `started` and text, and its stage and failure where the new entry has
    /// less to say. Durable when it returns. Throws `.noRing` when the ring was never made.
    ///
    /// - Precondition: `BootEntry.isBootID(entry.bootID)`.
    public func begin(_ entry: BootEntry) throws(BlackBoxError) -> BlackBox {
        precondition(BootEntry.isBootID(entry.bootID), "a boot has an id")
        let places = try attempt { () throws(DeviceError) in try self.places() }
        guard places.contains(where: { !$0.isBlank }) else { throw .noRing }
        var entry = entry
        if let own = places.first(where: { $0.entry?.bootID == entry.bootID }) {
            if let earlier = own.entry { entry.goOn(from: earlier) }
            return try box(own, entry)
        }
        guard let oldest = places.min(by: { $0.order < $1.order }) else {
            preconditionFailure("a ring has places")
        }
        entry.number = max(places.map(\.order).max() ?? 0, 0) + 1
        return try box(oldest, entry)
    }

    /// The newest boot that is not `bootID`, to add to its account what the machine says of it
    /// only afterwards, such as a panic's last lines; `nil` when there is none.
    public func boxBefore(_ bootID: String) throws(BlackBoxError) -> BlackBox? {
        let places = try attempt { () throws(DeviceError) in try self.places() }
        let others = places.filter { $0.entry != nil && $0.entry?.bootID != bootID }
        guard let last = others.max(by: { $0.order < $1.order }), let entry = last.entry else {
            return nil
        }
        return try box(last, entry)
    }

    private func box(
        _ place: RingPlace,
        _ entry: BootEntry
    ) throws(BlackBoxError) -> BlackBox {
        let text = place.text(goingOn: entry.bootID)
        let (index, revision) = (place.index, place.revision + 1)
        return try attempt { () throws(DeviceError) in
            try BlackBox(in: self, place: index, entry, revision: revision, text: text)
        }
    }

    /// Puts a block in its place; durable only after `flush`.
    func write(_ content: [UInt8], place: Int, block: Int) throws(DeviceError) {
        let offset = place * BlackBoxLayout.placeSize + block * SealedBlock.size
        try device.write(SealedBlock.seal(content, hashing).span, at: offset)
    }

    func flush() throws(DeviceError) { try device.flush() }

    /// All places in their order. One that cannot be read is as good as blank, unless none can.
    private func places() throws(DeviceError) -> [RingPlace] {
        var places: [RingPlace] = []
        var failure: DeviceError?
        for index in 0..<BlackBoxLayout.placeCount {
            do { places.append(RingPlace(index, try blocks(index))) } catch { failure = error }
        }
        if places.isEmpty, let failure { throw failure }
        return places
    }

    private func blocks(_ place: Int) throws(DeviceError) -> [[UInt8]?] {
        var bytes = [UInt8](repeating: 0, count: BlackBoxLayout.placeSize)
        var span = bytes.mutableSpan
        try device.read(into: &span, at: place * BlackBoxLayout.placeSize)
        return (0..<BlackBoxLayout.blockCount).map { block in
            let start = block * SealedBlock.size
            return SealedBlock.open(Array(bytes[start..<(start + SealedBlock.size)]), hashing)
        }
    }

    private func attempt<Result>(
        _ call: () throws(DeviceError) -> Result
    ) throws(BlackBoxError) -> Result {
        do { return try call() } catch { throw .device(error) }
    }
}

/// Why a boot has no place in the ring.
public enum BlackBoxError: Error, Sendable, Hashable {
    /// There is no ring: another file system, or a data partition of somebody else.
    case noRing
    case device(DeviceError)
}
