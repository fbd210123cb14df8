import Foundation
import Slots
import Testing

@testable import SlotsFetch

/// Files by path and by URL, and pipes with a name.
@Suite struct FileTests {
    private let bundle = TestBundle(rootSize: 3_000_000)
    private let scratch: Scratch
    private let path: String

    init() throws {
        scratch = try Scratch()
        path = try scratch.write("a #1 %20 bundle.keel", bundle.bytes)
    }

    @Test("a file is read whole, by path and by URL")
    func whole() throws {
        let url = URL(fileURLWithPath: path).absoluteString
        for location in [path, url] {
            let source = try BundleSource.testing(location)
            let (delivery, matches) = try source.check(bundle)
            #expect(delivery == .whole)
            #expect(matches)
        }
    }

    @Test("ranges of a file are read by seeking")
    func ranges() throws {
        let wanted = [0..<4096, 700_000..<1_400_000, 2_999_999..<3_000_000]
        for expectsReuse in [true, false] {
            let source = try BundleSource.testing(path, expectsReuse: expectsReuse)
            let (delivery, matches) = try source.check(bundle, wanted: wanted)
            #expect(delivery == .ranges)
            #expect(matches)
            #expect(source.traffic.retries == 0)
        }
    }

    @Test("a relative path begins in the working folder")
    func relative() throws {
        let folder = FileManager.default.currentDirectoryPath
        let up = String(repeating: "../", count: folder.split(separator: "/").count)
        let source = try BundleSource.testing(up + path.dropFirst())
        #expect(try source.check(bundle).matches)
    }

    @Test("a file that is not there is unusable")
    func missing() throws {
        let source = try BundleSource.testing(scratch.file("nothing"))
        guard case .unusable(let reason) = failure({ _ = try source.readStatement() }) else {
            Issue.record("read")
            return
        }
        #expect(reason.contains("nothing"))
    }

    @Test("a folder is unusable, by path, by URL and through a link")
    func folder() throws {
        let folder = scratch.file("a #1 %20 folder")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let link = scratch.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder)
        let url = URL(fileURLWithPath: folder).absoluteString
        for (location, name) in [(folder, folder), (url, folder + "/"), (link, link)] {
            let source = try BundleSource.testing(location)
            let reason = "\(name) is a folder; a release is a file ending in .keel"
            #expect(failure { _ = try source.readStatement() } == .unusable(reason: reason))
            #expect(source.traffic == Traffic())
        }
    }

    @Test("a socket, which cannot be opened, is unusable")
    func socket() throws {
        let path = scratch.file("socket")
        try Program.run([
            "python3", "-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
            path,
        ])
        let source = try BundleSource.testing(path)
        guard case .unusable(let reason) = failure({ _ = try source.readStatement() }) else {
            Issue.record("read")
            return
        }
        #expect(reason.contains(path))
    }

    @Test("a pipe with a name is a stream")
    func pipe() throws {
        let pipe = try NamedPipe(bundle.bytes, in: scratch)
        let source = try BundleSource.testing(pipe.path, expectsReuse: true)
        let (delivery, matches) = try source.check(bundle, wanted: [0..<4096])
        #expect(delivery == .whole)
        #expect(matches)
    }

    @Test("a file that shrinks between two ranges has changed")
    func shrinks() throws {
        let source = try BundleSource.testing(path)
        _ = try source.readStatement()
        _ = try source.readIndex(byteCount: bundle.index.count)
        _ = try source.openRoot(rootSize: bundle.root.count, wanted: [0..<4096])
        _ = try source.take(4096)
        try Data(bundle.bytes[..<100_000]).write(to: URL(fileURLWithPath: path))
        let error = failure {
            _ = try source.openRoot(
                rootSize: bundle.root.count,
                wanted: [2_000_000..<2_100_000]
            )
            _ = try source.take(100_000)
        }
        #expect(error == .changed)
    }
}
