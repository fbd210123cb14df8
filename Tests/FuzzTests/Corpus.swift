import Slots
import Syscalls
import Trust

/// The inputs that are kept in `Corpus`, one folder for each target.
enum Corpus {
    /// Bytes a kept input may have.
    static let limit = 4095
    /// More than this a target does not keep of what it finds by itself.
    static let countLimit = 12

    static func inputs(of target: String) throws(Errno) -> [[UInt8]] {
        do {
            return try Directory.files(at: folder(target), suffix: "", limit: limit).map(\.bytes)
        } catch .noEntry {
            return []
        }
    }

    /// Keeps the shortest of `inputs`, while there is room. A name is the beginning of a digest.
    static func keep(_ inputs: [[UInt8]], of target: String) throws(Errno) {
        let folder = folder(target)
        try Directory.create(folder)
        var room = countLimit - (try Directory.names(at: folder).count)
        for input in inputs.sorted(by: { $0.count < $1.count })
        where room > 0 && !input.isEmpty && input.count <= limit && !holdsKey(input) {
            let name = OpenSSLHashing().sha256(input.span).short
            try File.writeAtomically(input.span, to: folder + "/" + name, permissions: 0o644)
            room -= 1
        }
    }

    /// Nothing that looks like a private key is kept, not even that of the tests.
    private static func holdsKey(_ input: [UInt8]) -> Bool {
        input.place(of: Array("PRIVATE KEY".utf8)) != nil
    }

    private static func folder(_ target: String) -> String {
        String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))
            + "/Corpus/" + target
    }
}
