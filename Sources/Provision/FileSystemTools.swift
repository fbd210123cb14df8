import Syscalls

/// The programs of e2fsprogs, run one at a time and bounded.
///
/// Sources: `mke2fs(8)`, `e2fsck(8)`.
struct FileSystemTools: Sendable {
    /// How `e2fsck -p` ended.
    enum Check: Sendable, Hashable {
        case sound
        case mended
        /// Nothing more was changed: a person must decide.
        case damaged(code: Int32)

        /// What `e2fsck -p` says of a superblock that it does not take.
        static let noSuperblock = Check.damaged(code: 8)
    }

    /// Why a program did not do its work.
    struct Failure: Error, Sendable, Hashable {
        let program: String
        let words: String
    }

    private static let making = Duration.seconds(240)
    private static let checking = Duration.seconds(480)

    /// Makes an ext4 file system over all of `place` but the black box, with the files of `folder`
    /// in it. It is on the disk when this returns.
    func make(on place: DataPlace, from folder: String?) throws(Failure) {
        var options = ["lazy_itable_init=1", "lazy_journal_init=0"]
        if place.node == nil { options.append("offset=\(place.range.lowerBound)") }
        var arguments = [
            "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "1", "-L", "KEELOS_DATA", "-E",
            options.joined(separator: ","),
        ]
        if let folder { arguments += ["-d", folder] }
        arguments += [place.node ?? place.disk, "\(place.fileSystemSize >> 10)k"]
        let code = try run("mke2fs", arguments, within: Self.making)
        guard code == 0 else { throw Failure(program: "mke2fs", words: "it ended with \(code)") }
        do throws(Errno) {
            let file = try Descriptor(opening: place.node ?? place.disk, for: .both)
            try file.synchronize()
            try file.close()
        } catch {
            throw Failure(program: "mke2fs", words: "its work could not be flushed: \(error)")
        }
    }

    /// Writes `bytes` at `offset` of the file system. They are on the disk when this returns.
    func write(_ bytes: [UInt8], at offset: Int, of place: DataPlace) throws(Failure) {
        do throws(Errno) {
            let file = try Descriptor(opening: place.node ?? place.disk, for: .both)
            let start = place.node == nil ? place.range.lowerBound : 0
            try file.write(bytes.span, at: start + offset)
            try file.synchronize()
            try file.close()
        } catch {
            throw Failure(program: "e2fsck", words: "a torn superblock was not written: \(error)")
        }
    }

    /// Replays the journal and mends what can be mended without a question.
    ///
    /// `superblock` is the block of a backup of the superblock, for when the first one is lost.
    func check(_ place: DataPlace, superblock: Int? = nil) throws(Failure) -> Check {
        let other = superblock.map { ["-b", "\($0)", "-B", "4096"] } ?? []
        let code = try run("e2fsck", ["-p"] + other + [place.name], within: Self.checking)
        switch code {
        case 0: return .sound
        case 1...3: return .mended
        default: return .damaged(code: code)
        }
    }

    private func run(
        _ program: String,
        _ arguments: [String],
        within time: Duration
    ) throws(Failure) -> Int32 {
        let outcome: Spawn.Outcome
        do throws(Errno) {
            outcome = try Spawn.run(
                "/usr/sbin/\(program)",
                arguments,
                outputLimit: 4096,
                timeout: time
            )
        } catch {
            throw Failure(program: program, words: "it could not be started: \(error)")
        }
        switch outcome.end {
        case .exited(let code): return code
        case .killed(let signal):
            throw Failure(program: program, words: "signal \(signal) ended it")
        case .timedOut: throw Failure(program: program, words: "it took too long")
        }
    }
}
