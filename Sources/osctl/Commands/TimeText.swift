import ArgumentParser
import Slots
import Syscalls

/// A stretch of time as people type it: `90`, `90s`, `10m`, `2h`, `1d`.
struct Stretch: ExpressibleByArgument, Sendable, Hashable {
    let seconds: Int

    var duration: Duration { .seconds(seconds) }

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        var digits = Substring(argument)
        var unit = 1
        if let last = digits.last, let found = units[last] {
            unit = found
            digits = digits.dropLast()
        }
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits),
            number > 0, number <= 366 * 86_400 / unit
        else { return nil }
        seconds = number * unit
    }

    var defaultValueDescription: String {
        for (name, unit) in [("d", 86_400), ("h", 3600), ("m", 60)]
        where seconds.isMultiple(of: unit) { return "\(seconds / unit)\(name)" }
        return "\(seconds)s"
    }
}

/// A moment as people type it: `2026-11-21T00:00:00Z`, or a stretch from now.
struct Instant: ExpressibleByArgument, Sendable, Hashable {
    private enum Form: Hashable {
        case fixed(Timestamp)
        case relative(Stretch)
    }

    private let form: Form

    init?(argument: String) {
        if let time = Timestamp(argument) {
            form = .fixed(time)
        } else if let stretch = Stretch(argument: argument) {
            form = .relative(stretch)
        } else {
            return nil
        }
    }

    /// Seconds since 1970, a stretch counted forward from `now`.
    func after(_ now: Timestamp) -> Int64 { seconds(now, sign: 1) }

    /// Seconds since 1970, a stretch counted back from `now`.
    func before(_ now: Timestamp) -> Int64 { seconds(now, sign: -1) }

    private func seconds(_ now: Timestamp, sign: Int) -> Int64 {
        switch form {
        case .fixed(let time): Int64(time.seconds)
        case .relative(let stretch): Int64(now.seconds + sign * stretch.seconds)
        }
    }
}

extension Timestamp {
    static var now: Timestamp { Timestamp(seconds: Int(WallTime.now.components.seconds)) }

    /// A time of the API: 0 is none, and what no calendar has is none either.
    static func text(_ seconds: Int64) -> String {
        guard seconds > 0, seconds < 253_402_300_800 else { return "-" }
        return Timestamp(seconds: Int(seconds)).description
    }
}

/// "3d 4h", "4h 5m", "5m 6s" or "6s".
func lengthText(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "-" }
    let whole = Int(seconds)
    let parts = [
        (whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s"),
    ]
    guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
    return parts[first...].prefix(2).map { "\($0.0)\($0.1)" }.joined(separator: " ")
}
