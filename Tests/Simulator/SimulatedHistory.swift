public import Slots

/// A history that loses its last line when the power goes while it is written.
public final class SimulatedHistory: HistoryStore {
    private let power: Power
    private var durable: [[UInt8]] = []

    init(power: Power) { self.power = power }

    public func lines() throws(HistoryError) -> [[UInt8]] { durable }

    public func append(_ line: [UInt8]) throws(HistoryError) {
        guard power.spend("history: \(String(decoding: line, as: UTF8.self))") else {
            throw HistoryError(code: 5)
        }
        durable.append(line)
    }
}

/// A clock that only moves when it is read.
final class SimulatedClock: TimeSource {
    private var ticks = 0

    var now: Duration {
        ticks += 1
        return .milliseconds(ticks)
    }
}
