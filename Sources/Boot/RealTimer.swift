import Syscalls

/// The machine's watchdog, once it was armed.
final class RealTimer: Timer {
    private var device: Device?
    private let files: any Files

    init(_ files: any Files) { self.files = files }

    /// Opens `/dev/watchdog`; what the hardware cannot wait for, it rounds.
    func arm(seconds: Int) -> Bool {
        if device == nil {
            guard !files.list("/sys/class/watchdog").isEmpty else { return false }
            do { device = try Device(Watchdog()) } catch { return false }
        }
        do { _ = try device?.watchdog.setTimeout(seconds: seconds) } catch {
            // It keeps its own time then.
        }
        feed()
        return device != nil
    }

    func feed() {
        do { try device?.watchdog.feed() } catch {
            // Nothing else could be done about it: the machine will restart.
        }
    }

    private final class Device {
        let watchdog: Watchdog
        init(_ watchdog: consuming Watchdog) { self.watchdog = watchdog }
    }
}
