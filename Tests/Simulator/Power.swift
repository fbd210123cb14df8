/// The machine's power supply. Every effect on a disk spends from it; it can be cut after any of
/// them, and then nothing works until it is restored.
public final class Power {
    public private(set) var effects = 0
    public private(set) var isOn = true
    /// Off after this many effects in all.
    public var cutAfter: Int?
    /// Told of every effect, in order: for replays.
    public var trace: ((String) -> Void)?

    public init() {}

    /// Counts one effect. False once the power is gone.
    public func spend(_ effect: @autoclosure () -> String) -> Bool {
        if let cutAfter, effects >= cutAfter { isOn = false }
        guard isOn else { return false }
        effects += 1
        trace?("\(effects) \(effect())")
        return true
    }

    public func cut() { isOn = false }

    public func restore() {
        cutAfter = nil
        isOn = true
    }
}
