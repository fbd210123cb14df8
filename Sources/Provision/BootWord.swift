import Syscalls

/// What is left for this boot when the first boot changes the partitions' identities: the kernel's
/// command line still says the old one.
///
/// The file `partuuid` in the folder holds `OLD NEW` and a newline. It is written before the table
/// is, and goes with the boot; whoever asks which slot runs takes both for the same.
struct BootWord: Sendable {
    let folder: String

    private var path: String { folder + "/partuuid" }

    /// - Precondition: both are GUIDs.
    func leave(_ old: String, _ new: String) throws(Errno) {
        try File.writeAtomically(Array("\(old) \(new)\n".utf8).span, to: path, permissions: 0o644)
    }

    /// What `id` has become; the same where nobody left word.
    func current(of id: String) -> String {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: 256) } catch { return id }
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        return words.count == 2 && words[0] == id ? String(words[1]) : id
    }
}
