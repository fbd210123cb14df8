import Syscalls
import Testing

@Suite struct FileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a file larger than the limit is refused, one of just that size is read")
    func limit() throws {
        try File.writeAtomically([1, 2, 3, 4].span, to: folder("a"), permissions: 0o600)
        #expect(try File.read(folder("a"), limit: 4) == [1, 2, 3, 4])
        #expect(throws: Errno.tooLarge) { try File.read(folder("a"), limit: 3) }
        #expect(throws: Errno.tooLarge) { try File.read("/dev/zero", limit: 100_000) }
    }

    @Test("a file of the kernel, whose size is not known, is read whole")
    func kernelFile() throws {
        #expect(try File.read("/proc/self/stat", limit: 4096).count > 10)
    }

    @Test("an atomic write replaces the file and leaves nothing else behind")
    func atomic() throws {
        try File.writeAtomically([1].span, to: folder("a"), permissions: 0o600)
        try File.writeAtomically([2, 3].span, to: folder("a"), permissions: 0o600)
        #expect(try File.read(folder("a"), limit: 10) == [2, 3])
        #expect(try Directory.names(at: folder.path) == ["a"])
    }

    @Test("an atomic write goes over what an interrupted one left")
    func staleTemporary() throws {
        _ = try File.create(folder("a.new"), permissions: 0o400)
        try File.writeAtomically([1].span, to: folder("a"), permissions: 0o600)
        #expect(try Directory.names(at: folder.path) == ["a"])
    }

    @Test("a tree is removed whole: deeper than a path is long, any names, no link followed")
    func tree() throws {
        let top = folder("top")
        try File.writeAtomically([1].span, to: folder("kept"), permissions: 0o600)
        // Made from within, as no path leads there.
        let words = """
            mkdir "$1" "$1/9.removed" && cd "$1" && ln -s ../kept link && ln -s .. up &&
            touch "$(printf 'a\\377b')" 9.removed/x && mkfifo pipe && mkdir -m 0 closed &&
            n=$(printf '%0200d' 0) && i=0 &&
            while [ $i -lt 40 ]; do mkdir $n side && touch $n/f side/g && cd -P $n; i=$((i+1)); done
            """
        let made = try Spawn.run(
            "/bin/sh",
            ["-c", words, "sh", top],
            outputLimit: 4096,
            timeout: .seconds(60)
        )
        #expect(made.end == .exited(code: 0), "\(String(decoding: made.output, as: UTF8.self))")
        try Directory.removeTree(top)
        #expect(try Directory.names(at: folder.path) == ["kept"])
        try Directory.removeTree(top)
        #expect(throws: Errno.notDirectory) { try Directory.removeTree(folder("kept")) }
        #expect(throws: Errno.invalid) { try Directory.removeTree("a\0b") }
    }

    @Test("an atomic write into a folder that is not there throws ENOENT")
    func noFolder() {
        #expect(throws: Errno.noEntry) {
            try File.writeAtomically([1].span, to: folder("x/a"), permissions: 0o600)
        }
    }

    @Test("appending makes the file, then adds to its end")
    func append() throws {
        try File.append([1].span, to: folder("a"))
        try File.append([2, 3].span, to: folder("a"))
        #expect(try File.read(folder("a"), limit: 10) == [1, 2, 3])
    }

    @Test("removing takes the name away; a second time throws ENOENT")
    func remove() throws {
        try File.append([1].span, to: folder("a"))
        try File.remove(folder("a"))
        #expect(throws: Errno.noEntry) { try File.remove(folder("a")) }
    }

    @Test("the files of a folder come sorted by name, other suffixes and kinds left out")
    func files() throws {
        for name in ["b.pub", "a.pub", "c.txt", "B.pub"] {
            try File.append(Array(name.utf8).span, to: folder(name))
        }
        try Directory.create(folder("d.pub"))
        let fifo = try Spawn.run(
            "/usr/bin/mkfifo",
            [folder("e.pub")],
            outputLimit: 0,
            timeout: .seconds(10)
        )
        #expect(fifo.end == .exited(code: 0))
        let files = try Directory.files(at: folder.path, suffix: ".pub", limit: 5)
        #expect(files.map(\.name) == ["B.pub", "a.pub", "b.pub"])
        #expect(files.map { String(decoding: $0.bytes, as: UTF8.self) } == files.map(\.name))
    }

    @Test("one file over the limit refuses the folder; so does a folder that is not there")
    func filesRefused() throws {
        try File.append([1, 2, 3].span, to: folder("a.pub"))
        #expect(throws: Errno.tooLarge) {
            try Directory.files(at: folder.path, suffix: ".pub", limit: 2)
        }
        #expect(throws: Errno.noEntry) {
            try Directory.files(at: folder("x"), suffix: ".pub", limit: 2)
        }
    }

    @Test("making a folder twice is once; a file in its place is refused")
    func makeFolder() throws {
        try Directory.create(folder("d"))
        try Directory.create(folder("d"))
        try File.append([1].span, to: folder("f"))
        #expect(throws: Errno.notDirectory) { try Directory.create(folder("f")) }
    }
}
