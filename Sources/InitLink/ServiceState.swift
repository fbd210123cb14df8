/// How a supervised service stands.
public struct ServiceState: Sendable, Hashable {
    /// What the supervisor is doing with it.
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        case running
        case starting
        case stopped
        case failed
        /// Not started yet because something it needs is not there.
        case waiting
    }

    /// 1...64 bytes: letters, digits, dots, dashes and underscores.
    public var name: String
    public var condition: Condition
    /// Of its main process, while it has one.
    public var pid: Int32?
    /// When it was started last: seconds since 1970, 0 when it never was.
    public var since: Int64
    /// Starts after the first one.
    public var restarts: UInt32
    /// How it ended last, such as `exit 1` or `signal 9`: at most 256 bytes, empty before.
    public var lastExit: String

    public init(
        name: String,
        condition: Condition,
        pid: Int32? = nil,
        since: Int64 = 0,
        restarts: UInt32 = 0,
        lastExit: String = ""
    ) {
        self.name = name
        self.condition = condition
        self.pid = pid
        self.since = since
        self.restarts = restarts
        self.lastExit = lastExit
    }
}
