import Slots
import SlotsDisk
import SlotsLayout
import Syscalls

// Every error of the libraries as a sentence; each of them leaves the node without a data
// partition, and nothing more is touched.

extension Provisioning {
    func attempt<Result: ~Copyable, Failure: Error>(
        _ call: () throws(Failure) -> Result
    ) throws(Stop) -> Result {
        do { return try call() } catch {
            throw Stop(.absent, "There is no data partition: \(Self.words(error, path)).")
        }
    }

    static func words(_ error: any Error, _ path: String) -> String {
        switch error {
        case let error as DiskError:
            String(error.sentence.hasSuffix(".") ? error.sentence.dropLast() : error.sentence[...])
        case let error as LayoutError: "\(path): \(error.words)"
        case let error as DeviceError: "\(path): \(error.words)"
        case let error as Errno: "\(path): \(error)"
        default: "\(path): \(error)"
        }
    }
}

extension Disk {
    /// What `range` says it is, by what begins and ends there.
    func signature(of range: Range<Int>) throws(DiskError) -> String? {
        let start = min(Signature.startSize, range.count)
        let end = min(Signature.endSize, range.count)
        return Signature.name(
            start: try bytes(range.lowerBound..<(range.lowerBound + start)),
            end: try bytes((range.upperBound - end)..<range.upperBound)
        )
    }
}
