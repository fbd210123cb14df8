/// One of the two places a release can live.
public enum Slot: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case a = 0
    case b = 1

    /// The slot that is not this one.
    public var other: Slot { self == .a ? .b : .a }

    /// The lower-case letter people read: `a` or `b`.
    public var description: String { self == .a ? "a" : "b" }

    /// The upper-case letter in the boot record: `A` or `B`.
    public var recordName: String { self == .a ? "A" : "B" }
}

/// One value for each slot.
public struct PerSlot<Value> {
    public var a: Value
    public var b: Value

    public init(a: Value, b: Value) {
        self.a = a
        self.b = b
    }

    public subscript(slot: Slot) -> Value {
        get { slot == .a ? a : b }
        set { if slot == .a { a = newValue } else { b = newValue } }
    }
}

extension PerSlot: Equatable where Value: Equatable {}
extension PerSlot: Hashable where Value: Hashable {}
extension PerSlot: Sendable where Value: Sendable {}
