import Foundation
import Glibc
import Slots
import Testing

@testable import SlotsFetch

/// Standard input of this very process, borrowed for one test at a time.
@Suite(.serialized) struct StandardInputTests {
    private let bundle = TestBundle(rootSize: 3_000_000)
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// Puts `descriptor` in place of standard input while `body` runs.
    private func withInput(_ descriptor: Int32, _ body: () throws -> Void) rethrows {
        let before = dup(0)
        dup2(descriptor, 0)
        defer {
            dup2(before, 0)
            close(before)
        }
        try body()
    }

    @Test("a program that writes to standard input is read to its end")
    func program() throws {
        let pipe = try NamedPipe(bundle.bytes, in: scratch)
        // Sound: the path is copied into a C string for the call.
        let end = unsafe open(pipe.path, O_RDONLY)
        defer { close(end) }
        try withInput(end) {
            let source = try BundleSource.testing("-", expectsReuse: true)
            let (delivery, matches) = try source.check(bundle, wanted: [0..<4096])
            #expect(delivery == .whole)
            #expect(matches)
        }
    }

    @Test("a file redirected to standard input is a stream from its beginning")
    func redirected() throws {
        let path = try scratch.write("bundle", bundle.bytes)
        let file = try #require(FileHandle(forReadingAtPath: path))
        try withInput(file.fileDescriptor) {
            let source = try BundleSource.testing("-", expectsReuse: true)
            let (delivery, matches) = try source.check(bundle, wanted: [0..<4096])
            #expect(delivery == .whole)
            #expect(matches)
        }
    }

    @Test("a folder as standard input is unusable")
    func folder() throws {
        // Sound: the path is copied into a C string for the call.
        let folder = unsafe open(scratch.path, O_RDONLY)
        defer { close(folder) }
        try withInput(folder) {
            let source = try BundleSource.testing("-")
            let reason = "standard input is a folder; a release is a file ending in .keel"
            #expect(failure { _ = try source.readStatement() } == .unusable(reason: reason))
        }
    }

    @Test("a worker that waits for a silent pipe is left alone after bounded time")
    func silent() throws {
        let pipe = Pipe()
        try withInput(pipe.fileHandleForReading.fileDescriptor) {
            let channel = Channel(capacity: 64 * 1024)
            let outlet = Outlet(channel)
            let thread = try #require(
                WorkerThread {
                    Fetcher.serve(channel, .standardInput, .testing, random: SeededRandom())
                }
            )
            outlet.start(Job(parts: [Request(start: 0, end: nil)]))
            pipe.fileHandleForWriting.write(Data([1]))
            // The first byte shows that the worker has begun; a second one never comes.
            #expect(try outlet.facts().total == nil)
            let clock = ContinuousClock()
            let start = clock.now
            outlet.close()
            thread.join(within: .milliseconds(200))
            #expect(clock.now - start < .seconds(2))
        }
        try pipe.fileHandleForWriting.close()
    }
}
