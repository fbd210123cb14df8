import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing
import Trust

/// A disk of 300 MiB: an image file, or a loop device on it.
enum Place: String, CaseIterable, CustomTestStringConvertible {
    case image512 = "an image with 512-byte sectors"
    case image4096 = "an image with 4096-byte sectors"
    case loop512 = "a loop device with 512-byte sectors"
    case loop4096 = "a loop device with 4096-byte sectors"

    static let size = 300 << 20
    static let slotSize = 64 << 20

    var testDescription: String { rawValue }
    var sectorSize: Int { self == .image4096 || self == .loop4096 ? 4096 : 512 }
    var isImage: Bool { self == .image512 || self == .image4096 }
}

/// A blank disk, opened for writing, and what it stands on.
final class Bench {
    let image: String
    let disk: Disk
    let loop: LoopDevice?

    init(_ place: Place, in folder: TemporaryFolder) throws {
        image = folder("image")
        let file = try Disk(
            creatingImage: image,
            size: Place.size,
            sectorSize: place.sectorSize,
            permissions: 0o600
        )
        if place.isImage {
            loop = nil
            disk = file
        } else {
            let device = try LoopDevice(on: image, sectorSize: place.sectorSize)
            loop = device
            disk = try Disk(opening: device.path, for: .writing(wait: .zero))
        }
    }
}

extension GUID {
    /// One that tests can tell apart: all its digits are `digit`.
    static func test(_ digit: Character) -> GUID {
        let text = [8, 4, 4, 4, 12].map { String(repeating: digit, count: $0) }
        guard let guid = GUID(text.joined(separator: "-")) else {
            preconditionFailure("hexadecimal digits make a GUID")
        }
        return guid
    }
}

extension Layout.Identities {
    static let test = Layout.Identities(
        disk: .test("d"),
        systemPartition: .test("1"),
        slots: PerSlot(a: .test("a"), b: .test("b"))
    )
}
