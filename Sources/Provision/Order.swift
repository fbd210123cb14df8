/// What `keel-provision` was started with.
///
/// Read by hand: only the first process starts this program, and a library for command lines would
/// be half of it.
struct Order: Sendable, Hashable {
    static let usage = "usage: keel-provision --disk DISK [--partuuid UUID] [--run FOLDER]"

    enum Misuse: Error, Hashable {
        case unknown(String)
        case twice(String)
        case noValue(String)
        case noDisk

        var sentence: String {
            switch self {
            case .unknown(let word): "'\(word)' is not understood"
            case .twice(let name): "\(name) is there twice"
            case .noValue(let name): "\(name) wants a value"
            case .noDisk: "--disk is missing"
            }
        }
    }

    /// The whole disk, or an image file.
    let disk: String
    /// A disk none of whose slots has this identity is refused.
    let partition: String?
    /// Where word is left for this boot.
    let runFolder: String

    /// Reads `arguments`, without the program's name.
    init(_ arguments: [String]) throws(Misuse) {
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard ["--disk", "--partuuid", "--run"].contains(name) else { throw .unknown(name) }
            guard values[name] == nil else { throw .twice(name) }
            guard let value = rest.popFirst(), !value.isEmpty else { throw .noValue(name) }
            values[name] = value
        }
        guard let disk = values["--disk"] else { throw .noDisk }
        self.disk = disk
        partition = values["--partuuid"]
        runFolder = values["--run"] ?? "/run/keel"
    }
}
