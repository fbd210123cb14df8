/// How far an operation is.
public struct Progress: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Hashing what the target already holds.
        case scanning
        /// Fetching, checking and writing chunks.
        case writing
        /// Reading the slot back.
        case proving
    }

    public let phase: Phase
    /// Bytes of this phase done, and in all.
    public let done: Int
    public let total: Int
    /// Bytes a second over the last few seconds; 0 until there is something to measure.
    public let rate: Int
    /// Time to the end of the phase at this rate; `nil` while the rate is not known.
    public let remaining: Duration?
    /// Bytes that came from the disk instead of the network so far.
    public let reused: Int
}

/// Somebody who watches an operation and may stop it.
public protocol Observer: AnyObject {
    /// Called often, from the thread that does the work.
    func observe(_ progress: Progress)
    /// Asked between chunks. A cancelled install leaves the slot forbidden, to be resumed.
    var isCancelled: Bool { get }
}

/// Turns counts into progress: rate over a sliding window, estimate from the rate.
struct ProgressMeter {
    private static let window: Duration = .seconds(5)
    private static let interval: Duration = .milliseconds(100)

    private let phase: Progress.Phase
    private let total: Int
    private var done = 0
    private var reused = 0
    private var samples: [(time: Duration, done: Int)]
    private var reported: Duration

    init(_ phase: Progress.Phase, total: Int, now: Duration) {
        self.phase = phase
        self.total = total
        samples = [(now, 0)]
        reported = now
    }

    /// Adds bytes; returns a progress when it is time for one.
    mutating func advance(by count: Int, reused isReused: Bool = false, now: Duration) -> Progress?
    {
        done += count
        if isReused { reused += count }
        guard now - reported >= Self.interval || done == total else { return nil }
        reported = now
        samples.append((now, done))
        while samples.count > 2, now - samples[0].time > Self.window { samples.removeFirst() }
        return progress(now: now)
    }

    private func progress(now: Duration) -> Progress {
        let span = now - samples[0].time
        let milliseconds = Int(
            span.components.seconds * 1000 + span.components.attoseconds / 1_000_000_000_000_000
        )
        let rate = milliseconds > 0 ? (done - samples[0].done) * 1000 / milliseconds : 0
        return Progress(
            phase: phase,
            done: done,
            total: total,
            rate: rate,
            remaining: rate > 0 ? .milliseconds((total - done) * 1000 / rate) : nil,
            reused: reused
        )
    }
}
