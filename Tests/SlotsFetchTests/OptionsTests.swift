import Slots
import Testing

@testable import SlotsFetch

/// What is decided before anything is opened.
@Suite struct OptionsTests {
    private func location(_ text: String, plain: Bool = false) throws(SourceError) -> Location {
        try Location(text, allowsPlainHTTP: plain) { "/some folder" }
    }

    @Test("a location is a server, a file or standard input")
    func locations() throws {
        #expect(try location("https://host/x") == .server(url: "https://host/x"))
        #expect(try location("HTTP://host/x", plain: true) == .server(url: "HTTP://host/x"))
        #expect(try location("file:///x") == .file(url: "file:///x"))
        #expect(try location("-") == .standardInput)
    }

    @Test("a path becomes a URL with nothing left that a URL would read as its own")
    func paths() throws {
        #expect(try location("/a/b.keel") == .file(url: "file:///a/b.keel"))
        #expect(try location("b?#%ä") == .file(url: "file:///some%20folder/b%3F%23%25%C3%A4"))
        #expect(try location("-x") == .file(url: "file:///some%20folder/-x"))
        #expect(try location("a:b") == .file(url: "file:///some%20folder/a%3Ab"))
    }

    @Test(
        "a location of another scheme or with control characters is refused",
        arguments: [
            ("", "empty location"),
            ("ftp://host/x", "unsupported scheme ftp"),
            ("http://host/x", "plain http not allowed"),
            ("https://host/x\r\ny", "control character in location"),
            ("/x\u{0}y", "control character in location"),
        ]
    )
    func refused(text: String, reason: String) {
        #expect(failure { _ = try location(text) } == .unusable(reason: reason))
    }

    @Test("a relative path needs a working folder")
    func noFolder() {
        let error = failure { _ = try Location("x", allowsPlainHTTP: false) { nil } }
        #expect(error == .unusable(reason: "no working folder"))
    }

    @Test("a server that began with https is never left for http")
    func protocols() throws {
        #expect(try location("https://h/", plain: true).protocols == "https")
        #expect(try location("http://h/", plain: true).protocols == "http,https")
        #expect(try location("/x").protocols == "file")
    }

    @Test("a token loses the line end of its file, holds visible characters, and stays hidden")
    func tokens() {
        #expect(BearerToken(Array("abc.def\n".utf8))?.text == "abc.def")
        #expect(BearerToken([]) == nil)
        #expect(BearerToken(Array(" \n".utf8)) == nil)
        #expect(BearerToken(Array("a\r\nHost: b".utf8)) == nil)
        #expect(BearerToken(Array("a b".utf8)) == nil)
        #expect(BearerToken([0x61, 0x00]) == nil)
        #expect(BearerToken(Array("ä".utf8)) == nil)
        #expect(BearerToken([UInt8](repeating: 0x61, count: 16_385)) == nil)
        var options = FetchOptions.standard
        options.token = BearerToken(Array("hunter2".utf8))
        #expect(!String(describing: options).contains("hunter2"))
        #expect(!String(reflecting: options).contains("hunter2"))
    }

    @Test("waits double up to the longest one, half of each by chance")
    func delays() {
        let policy = RetryPolicy.standard
        var random = SeededRandom()
        for (retry, whole) in [(1, 500), (2, 1000), (3, 2000), (7, 30_000), (1000, 30_000)] {
            for _ in 0..<100 {
                let delay = policy.delay(before: retry, serverAsked: nil, random: &random)
                #expect(delay >= .milliseconds(whole / 2))
                #expect(delay <= .milliseconds(whole))
            }
        }
    }

    @Test("a server may ask for a longer wait, up to a bound")
    func serverAsks() {
        let policy = RetryPolicy.standard
        var random = SeededRandom()
        func delay(_ seconds: Int) -> Duration {
            policy.delay(before: 1, serverAsked: .seconds(seconds), random: &random)
        }
        #expect(delay(7) == .seconds(7))
        #expect(delay(86_400) == .seconds(120))
        #expect(delay(-1) == .zero)
    }

    @Test("a pacer lets small bursts pass and keeps to the rate on average")
    func pacer() {
        let pacer = Pacer(bytesPerSecond: 1_000_000)
        let start = ContinuousClock.now
        #expect(pacer.pause(at: start) == nil)
        pacer.took(50_000, at: start)
        #expect(pacer.pause(at: start) == nil)
        pacer.took(950_000, at: start)
        #expect(pacer.pause(at: start) == start + .seconds(1))
        #expect(pacer.pause(at: start + .seconds(1)) == nil)
        // Time in which nothing came is not saved up.
        let later = start + .seconds(100)
        pacer.took(1_000_000, at: later)
        #expect(pacer.pause(at: later) == later + .seconds(1))
    }

    @Test("limits that make no sense are refused before anything is sent")
    func limits() {
        let changes: [(inout FetchOptions) -> Void] = [
            { $0.bytesPerSecond = 0 },
            { $0.connectTimeout = .zero },
            { $0.stall.time = .milliseconds(10) },
            { $0.stall.bytesPerSecond = 0 },
        ]
        for change in changes {
            var options = FetchOptions.testing
            change(&options)
            let error = failure {
                _ = try BundleSource.testing("http://127.0.0.1:9/", options).readStatement()
            }
            guard case .unusable = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("a bundle's size follows from its members' sizes")
    func layout() {
        var layout = BundleLayout()
        #expect(layout.nextMember == "manifest.json")
        let fits = [1, 512, 513, 0].map { layout.append(size: $0) }
        #expect(fits == [true, true, true, true])
        #expect(layout.nextMember == nil)
        #expect(layout.total == 512 * 4 + 512 + 512 + 1024 + 1024)
        let tooLong = [-1, Int.max - 100].map { layout.append(size: $0) }
        #expect(tooLong == [false, false])
    }
}
