import Slots
import Testing

@testable import SlotsFetch

/// Each way in which a bundle's outer form can be wrong, read from a file.
@Suite struct MalformedTests {
    private let bundle = TestBundle(rootSize: 20_480)
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private var manifest: [UInt8] { TestBundle.member("manifest.json", bundle.manifest) }
    private var signatures: [UInt8] { TestBundle.member("manifest.sig", bundle.signatures) }
    private var index: [UInt8] { TestBundle.member("chunks.idx", bundle.index) }
    private var root: [UInt8] { TestBundle.member("root.squashfs", bundle.root) }
    private let end = TestBundle.end

    /// What reading these bytes as a bundle leads to: from a file, whose size is known, and from
    /// a pipe, whose size is not.
    private func faults(_ bytes: [UInt8]) throws -> (file: BundleFault?, pipe: BundleFault?) {
        let path = try scratch.write("bundle", bytes)
        let file = try BundleSource.testing(path)
        let pipe = try NamedPipe(bytes, in: scratch)
        let stream = try BundleSource.testing(pipe.path)
        return (try fault(file), try fault(stream))
    }

    private func fault(_ source: BundleSource) throws -> BundleFault? {
        let error = try failure(source, bundle)
        if case .malformed(let fault) = error { return fault }
        #expect(error == nil)
        return nil
    }

    private func expect(_ bytes: [UInt8], _ fault: BundleFault) throws {
        let (file, pipe) = try faults(bytes)
        #expect(file == fault)
        #expect(pipe == fault)
    }

    private func expectNoArchive(_ bytes: [UInt8]) throws {
        for fault in try [faults(bytes).file, faults(bytes).pipe] {
            guard case .notAnArchive(let reason) = fault else {
                Issue.record("\(String(describing: fault))")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test("a bundle as the format wants it is read")
    func good() throws {
        let (file, pipe) = try faults(bundle.bytes)
        #expect(file == nil)
        #expect(pipe == nil)
    }

    @Test("a stream that ends inside a member says inside which")
    func truncated() throws {
        let bytes = bundle.bytes
        for (count, member) in [
            (512 + 5, "manifest.json"), (1024 + 100, "manifest.sig"),
            (1024 + 1024 + 512 + 1000, "chunks.idx"),
        ] {
            try expect(Array(bytes[..<count]), .truncated(member: member))
        }
    }

    @Test("a stream that ends inside the root is found while it is read, a file before")
    func truncatedRoot() throws {
        let count = bundle.bytes.count - 1024 - 4096
        let (file, pipe) = try faults(Array(bundle.bytes[..<count]))
        #expect(file == .trailing(size: count, expected: bundle.bytes.count))
        #expect(pipe == .truncated(member: "root.squashfs"))
    }

    @Test("members missing, in another order or twice are refused")
    func order() throws {
        try expect(
            signatures + manifest + index + root + end,
            .unexpectedMember(found: "manifest.sig", expected: "manifest.json")
        )
        try expect(
            manifest + index + root + end,
            .unexpectedMember(found: "chunks.idx", expected: "manifest.sig")
        )
        try expect(
            manifest + manifest + signatures + index + root + end,
            .unexpectedMember(found: "manifest.json", expected: "manifest.sig")
        )
        try expect(
            manifest + signatures + end,
            .unexpectedMember(found: nil, expected: "chunks.idx")
        )
    }

    @Test(
        "names that are not exactly the member's are refused",
        arguments: [
            "/manifest.json", "./manifest.json", "../manifest.json", "MANIFEST.JSON",
            "manifest.json ", "sub/manifest.json",
        ]
    )
    func names(name: String) throws {
        try expect(
            TestBundle.member(name, bundle.manifest) + signatures + index + root + end,
            .unexpectedMember(found: name, expected: "manifest.json")
        )
    }

    @Test(
        "members that are not plain files are refused",
        arguments: [
            ("1", "hardlink"), ("2", "symlink"), ("3", "device"), ("4", "device"),
            ("6", "pipe"),
        ]
    )
    func kinds(type: String, kind: String) throws {
        let type = try #require(type.first)
        try expect(
            TestBundle.header("manifest.json", size: 0, type: type) + signatures + index + root
                + end,
            .notAFile(member: "manifest.json", kind: kind)
        )
    }

    @Test("a folder with a member's name is refused")
    func folder() throws {
        let header = TestBundle.header("manifest.json", size: 0, type: "5")
        switch try faults(header + signatures + index + root + end).file {
        case .notAFile(member: "manifest.json", kind: "directory"): break
        case .unexpectedMember(found: "manifest.json/", expected: "manifest.json"): break
        case let fault: Issue.record("\(String(describing: fault))")
        }
    }

    @Test("a manifest and signatures that are too long are refused unread")
    func tooLarge() throws {
        let limit = SignedStatement.manifestLimit
        let long = TestBundle.header("manifest.json", size: limit + 1)
        try expect(long, .tooLarge(member: "manifest.json", size: limit + 1, limit: limit))
        let other = SignedStatement.signaturesLimit
        try expect(
            manifest + TestBundle.header("manifest.sig", size: 1 << 32),
            .tooLarge(member: "manifest.sig", size: 1 << 32, limit: other)
        )
    }

    @Test("an index and a root of another size than the manifest says are refused")
    func wrongSize() throws {
        let short = Array(bundle.index.dropLast(36))
        try expect(
            manifest + signatures + TestBundle.member("chunks.idx", short) + root + end,
            .wrongSize(member: "chunks.idx", size: short.count, expected: bundle.index.count)
        )
        let long = bundle.root + [0]
        try expect(
            manifest + signatures + index + TestBundle.member("root.squashfs", long) + end,
            .wrongSize(
                member: "root.squashfs",
                size: long.count,
                expected: bundle.root.count
            )
        )
    }

    @Test("bytes after the end are refused: of a file before the root is read, of a pipe after")
    func trailing() throws {
        let size = bundle.bytes.count
        let (file, pipe) = try faults(bundle.bytes + [UInt8](repeating: 0, count: 9216))
        #expect(file == .trailing(size: size + 9216, expected: size))
        #expect(pipe == .trailing(size: size + 1, expected: size))
    }

    @Test("an end shorter than two blocks of zeros is refused")
    func shortEnd() throws {
        let size = bundle.bytes.count
        try expect(Array(bundle.bytes.dropLast(1)), .trailing(size: size - 1, expected: size))
        try expect(Array(bundle.bytes.dropLast(1024)), .trailing(size: size - 1024, expected: size))
    }

    @Test("an end that is not all zeros is refused")
    func dirtyEnd() throws {
        var bytes = bundle.bytes
        bytes[bytes.count - 1] = 1
        try expectNoArchive(bytes)
        var odd = TestBundle(rootSize: 20_480 + 100)
        odd.index = bundle.index
        var padded = odd.bytes
        padded[padded.count - 1025] = 1
        let source = try BundleSource.testing(try scratch.write("odd", padded))
        #expect(
            failure { try source.check(odd) }
                == .malformed(.notAnArchive(reason: "byte \(padded.count - 1025) is not zero"))
        )
    }

    @Test("a member after the root is refused")
    func fifth() throws {
        let extra = TestBundle.member("extra", [1])
        let size = bundle.bytes.count
        let (file, pipe) = try faults(manifest + signatures + index + root + extra + end)
        #expect(file == .trailing(size: size + extra.count, expected: size))
        #expect(pipe == .trailing(size: size + 1, expected: size))
    }

    @Test("something else than a tar archive is refused")
    func noArchive() throws {
        try expectNoArchive(TestBundle.noise(5000, seed: 9))
        try expectNoArchive(Array("<!doctype html>".utf8))
        try expectNoArchive(manifest + TestBundle.noise(2048, seed: 9))
    }

    @Test("a source without a byte is refused as one, and not as no archive")
    func empty() throws {
        try expect([], .trailing(size: 0, expected: 6 * 512))
        let server = try Nginx(bundle)
        try server.scratch.write("bundle", [])
        for expectsReuse in [false, true] {
            let source = try BundleSource.testing(server.url(), expectsReuse: expectsReuse)
            let error = failure { _ = try source.readStatement() }
            #expect(error == .malformed(.trailing(size: 0, expected: 6 * 512)))
        }
    }

    @Test("extended headers, which would move everything after them, are refused")
    func extended() throws {
        let record = Array("18 comment=hello\n\n".utf8)
        let pax = TestBundle.member("PaxHeaders/manifest.json", record, type: "x")
        try expectNoArchive(pax + manifest + signatures + index + root + end)
        let long = TestBundle.member("././@LongLink", Array("manifest.json\0".utf8), type: "L")
        try expectNoArchive(long + manifest + signatures + index + root + end)
    }

    @Test("each file that the faults were found in is found at fault over ranges too")
    func ranges() throws {
        var longer = bundle.bytes
        longer += [0]
        let server = try Nginx(bundle)
        try server.scratch.write("bundle", longer)
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        let error = failure { try source.check(bundle, wanted: [0..<4096]) }
        #expect(
            error
                == .malformed(.trailing(size: longer.count, expected: bundle.bytes.count))
        )
        var dirty = bundle.bytes
        dirty[dirty.count - 3] = 7
        try server.scratch.write("bundle", dirty)
        let other = try BundleSource.testing(server.url(), expectsReuse: true)
        let reason = "byte \(dirty.count - 3) is not zero"
        #expect(
            failure { try other.check(bundle, wanted: [0..<4096]) }
                == .malformed(.notAnArchive(reason: reason))
        )
    }
}
