import CLinux

/// Ends everything that runs on the machine, at once: no program is told.
///
/// In a PID namespace of its own it ends only that namespace.
public enum MachineSwitch {
    /// Writes out what the file systems hold back. C function: `sync(2)`.
    public static func synchronizeAll() { sync() }

    /// Starts the machine again. Returns only by throwing. C function: `reboot(2)`.
    public static func restart() throws(Errno) {
        _ = try checked { clinux_restart() }
    }

    /// Switches the machine off. Returns only by throwing. C function: `reboot(2)`.
    public static func powerOff() throws(Errno) {
        _ = try checked { clinux_power_off() }
    }
}
