import Syscalls

/// The machine's own time.
struct MachineTime: DrainTime {
    var now: Duration { MonotonicTime.now }

    func wait(_ time: Duration) async {
        do { try await Task.sleep(for: time) } catch {
            // Cancelled: whoever waits asks about that himself.
        }
    }
}
