/// A loop device on an image file, detached when this value goes away.
///
/// The kernel forgets the partitions of a loop device with it only when it was asked to scan.
public final class LoopDevice {
    public let path: String

    public init(on image: String, sectorSize: Int) throws {
        let output = try run(
            "losetup",
            "--find",
            "--show",
            "--partscan",
            "--direct-io=on",
            "--sector-size",
            "\(sectorSize)",
            image
        )
        path = String(output.dropLast())
    }

    deinit { _ = try? run("losetup", "--detach", path) }
}
