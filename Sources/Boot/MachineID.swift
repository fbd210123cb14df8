import Slots
import Syscalls

/// The machine's name for itself: 32 hexadecimal digits, made once and kept with the agent's state.
enum MachineID {
    static let kept = DataPartition.place + "/machine-id"
    static let shown = "/run/keel/machine-id"

    /// Reads the kept one, or makes one; without a place to keep it, it lasts as long as the
    /// machine runs. Files that hold something else are left alone: the agent says so.
    static func find(on ground: any Ground) -> String {
        let id: String
        if let text = ground.text(kept, limit: 64), text.utf8.count == 32,
            [UInt8](hex: text) != nil
        {
            id = text.lowercased()
        } else {
            id = make(on: ground)
        }
        do throws(Errno) { try ground.fill(shown, with: id + "\n") } catch {
            ground.say("\(shown) is not written: \(error)")
        }
        return id
    }

    private static func make(on ground: any Ground) -> String {
        let bytes = (try? ground.random(16)) ?? [UInt8](repeating: 0, count: 16)
        let id = bytes.hex
        guard !ground.exists(kept) else { return id }
        do throws(Errno) { try ground.keep(kept, id + "\n") } catch {
            ground.say("the machine id is not kept: \(error)")
        }
        return id
    }
}
