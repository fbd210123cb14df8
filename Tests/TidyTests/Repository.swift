import Foundation

/// One file of the repository.
struct RepositoryFile: Sendable {
    /// From the root of the package.
    let path: String
    let bytes: [UInt8]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    var size: Int { bytes.count }
    /// As git sees it: a NUL among the first bytes.
    var isBinary: Bool { bytes.prefix(8000).contains(0) }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The files git tracks, or would on the next `git add`; without git, all that are not build
/// products.
struct Repository: Sendable {
    static let root = String(#filePath.dropLast("/Tests/TidyTests/Repository.swift".count))

    let files: [RepositoryFile]
    /// Those of them that are Swift, taken apart.
    let swift: [SwiftText]

    init(at root: String) throws {
        let paths = try Self.tracked(root) ?? Self.walked(root)
        files = paths.compactMap { path in
            FileManager.default.contents(atPath: root + "/" + path).map {
                RepositoryFile(path: path, bytes: Array($0))
            }
        }
        // What a generator writes has the generator's form; scripts/proto.sh --check looks after
        // it.
        swift = files.filter { $0.path.hasSuffix(".swift") && !$0.path.contains("/Generated/") }
            .map { SwiftText(path: $0.path, text: $0.text) }
    }

    func text(_ path: String) -> String? { files.first { $0.path == path }?.text }

    /// The folders directly under `Sources`.
    var sourceFolders: [String] {
        Set(files.compactMap { $0.path.component(after: "Sources") }).sorted()
    }

    private static func tracked(_ root: String) throws -> [String]? {
        guard FileManager.default.fileExists(atPath: root + "/.git") else { return nil }
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = [
            "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
        ]
        let output = Pipe()
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        try git.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        guard git.terminationStatus == 0, !data.isEmpty else { return nil }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func walked(_ root: String) -> [String] {
        guard let walker = FileManager.default.enumerator(atPath: root) else { return [] }
        var paths: [String] = []
        for case let path as String in walker {
            let name = path.split(separator: "/").last ?? ""
            if name.hasPrefix("."), name != ".swift-format", name != ".ci" || path == "build" {
                walker.skipDescendants()
            } else if path == "build" || name == "__pycache__" {
                walker.skipDescendants()
            } else {
                paths.append(path)
            }
        }
        return paths
    }
}
