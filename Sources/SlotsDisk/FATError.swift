import Slots

/// Why a walk over the FAT ended.
enum FATError: Error {
    case device(DeviceError)
    case damaged(reason: String)
}

extension RecordStoreError {
    init(_ error: FATError) {
        switch error {
        case .device(let error): self = .device(error)
        case .damaged(let reason): self = .damaged(reason: reason)
        }
    }
}

extension BlockDevice {
    /// The bytes of `range`.
    func bytes(_ range: Range<Int>) throws(FATError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var span = bytes.mutableSpan
        do { try read(into: &span, at: range.lowerBound) } catch { throw .device(error) }
        return bytes
    }

    /// Writes `bytes` and waits until they survive power loss.
    func put(_ bytes: [UInt8], at offset: Int) throws(FATError) {
        do {
            try write(bytes.span, at: offset)
            try flush()
        } catch {
            throw .device(error)
        }
    }
}

extension [UInt8] {
    /// The little-endian number at `offset`.
    package func number16(_ offset: Int) -> Int { Int(self[offset]) | Int(self[offset + 1]) << 8 }

    package func number32(_ offset: Int) -> Int { number16(offset) | number16(offset + 2) << 16 }

    package mutating func put16(_ number: Int, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: number)
        self[offset + 1] = UInt8(truncatingIfNeeded: number >> 8)
    }

    package mutating func put32(_ number: Int, at offset: Int) {
        put16(number, at: offset)
        put16(number >> 16, at: offset + 2)
    }
}
