import CLinux

/// A timer that restarts the machine unless somebody feeds it in time.
///
/// It runs from the moment it is opened, and goes on when this value goes away: only `disarm`
/// stops it. Source: the kernel's `Documentation/watchdog/watchdog-api.rst`.
public struct Watchdog: ~Copyable, Sendable {
    private let device: Descriptor

    /// Opens and starts it. Only one program may have it open.
    public init(opening path: String = "/dev/watchdog") throws(Errno) {
        device = try Descriptor(opening: path, for: .writing)
    }

    /// Sets how long it waits; the seconds it took. C function: `ioctl(2)` `WDIOC_SETTIMEOUT`.
    public func setTimeout(seconds: Int) throws(Errno) -> Int {
        let number = device.number
        var seconds = CInt(seconds)
        // Sound: the kernel reads and writes one int.
        _ = try checked { unsafe clinux_watchdog_timeout(number, &seconds) }
        return Int(seconds)
    }

    /// Makes it wait anew. C function: `ioctl(2)` `WDIOC_KEEPALIVE`.
    public func feed() throws(Errno) {
        let number = device.number
        _ = try checked { clinux_watchdog_feed(number) }
    }

    /// Stops it, if it can be stopped at all.
    public consuming func disarm() throws(Errno) {
        try device.writeNext(Array("V".utf8).span)
        try device.close()
    }
}
