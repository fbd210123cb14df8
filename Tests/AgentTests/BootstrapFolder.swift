import Foundation

/// A folder of the test's own, gone with everything in it.
final class BootstrapFolder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("bootstrap-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The permissions that any file in it has, in octal digits.
    func modes() throws -> Set<String> {
        var modes: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let facts = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
            guard facts[.type] as? FileAttributeType == .typeRegular else { continue }
            modes.insert(String((facts[.posixPermissions] as? Int) ?? 0, radix: 8))
        }
        return modes
    }
}
