import Slots
import Syscalls

/// Keeps the clock from being earlier than it can be: not before the image was built, not before
/// the last time that was seen. What it is exactly a time server says.
struct ClockKeeper {
    static let file = DataPartition.place + "/clock"
    /// How often the time is kept.
    static let interval = Duration.seconds(600)

    private let ground: any Ground

    init(on ground: any Ground) { self.ground = ground }

    /// Sets the clock forward if it must be; true when it was.
    @discardableResult
    func begin() -> Bool {
        let floor = max(built ?? 0, kept ?? 0)
        guard ground.calendar < floor else { return false }
        do throws(Errno) { try ground.setClock(seconds: floor) } catch {
            ground.say("the clock is wrong and cannot be set: \(error)")
            return false
        }
        ground.say("the clock was behind: it begins at \(Timestamp(seconds: floor))")
        return true
    }

    /// Keeps the time for the next start. A full disk is no news here.
    func keep() {
        guard ground.calendar > kept ?? 0 else { return }
        do { try ground.keep(Self.file, "\(ground.calendar)\n") } catch {}
    }

    private var kept: Int? {
        ground.text(Self.file, limit: 64).flatMap { Int($0) }.flatMap { $0 < Self.end ? $0 : nil }
    }

    private var built: Int? {
        guard let bytes = try? ground.read("/etc/keel/build.json", limit: 64 << 10),
            case .text(let text) = (try? FlatJSON(parsing: bytes))?.members["created"]
        else { return nil }
        return Timestamp(text)?.seconds
    }

    /// The year 2200: a kept time beyond it is damage, and would never be corrected.
    private static let end = 7_258_118_400
}
