import Slots
import Testing

@testable import SlotsFetch

/// What an answer's head leads to, without any network.
@Suite struct AnswerTests {
    private let known = FileIdentity(validator: .tag("\"v1\""), total: 1000)
    private let resume = Request(start: 400, end: nil)

    private func fields(_ lines: String...) -> HeaderFields {
        var fields = HeaderFields()
        for line in lines { _ = fields.take(Array((line + "\r\n").utf8).span) }
        return fields
    }

    private func ruling(
        _ lines: String...,
        on request: Request,
        known: FileIdentity?
    ) -> Ruling {
        var fields = HeaderFields()
        for line in lines { _ = fields.take(Array((line + "\r\n").utf8).span) }
        return Answer(fields).ruling(on: request, known: known)
    }

    @Test("a part that begins where it was asked to is taken")
    func part() {
        let ruling = ruling(
            "HTTP/1.1 206 Partial Content",
            "ETag: \"v1\"",
            "Content-Range: bytes 400-999/1000",
            "Content-Length: 600",
            on: resume,
            known: known
        )
        #expect(ruling == .take(skip: 0, end: 1000))
    }

    @Test("a part shorter than asked for is taken, one that is longer is not")
    func lengths() {
        let request = Request(start: 400, end: 500)
        let short = ruling(
            "HTTP/1.1 206 x",
            "Content-Range: bytes 400-449/1000",
            on: request,
            known: known
        )
        #expect(short == .take(skip: 0, end: 450))
        let long = ruling(
            "HTTP/1.1 206 x",
            "Content-Range: bytes 400-500/1000",
            on: request,
            known: known
        )
        #expect(long == .refuse(.changed))
    }

    @Test(
        "a part is refused when its range, length, total or validator is not what it must be",
        arguments: [
            ["Content-Range: bytes 401-999/1000"],
            ["Content-Range: bytes 400-999/1001"],
            ["Content-Range: bytes 400-999/1000", "Content-Length: 599"],
            ["Content-Range: bytes 400-999/1000", "ETag: \"v2\""],
            ["Content-Range: bytes 400-999"],
            ["Content-Range: octets 400-999/1000"],
            ["Content-Type: multipart/byteranges; boundary=x"],
        ]
    )
    func wrongPart(lines: [String]) {
        var fields = fields("HTTP/1.1 206 Partial Content")
        for line in lines { _ = fields.take(Array((line + "\r\n").utf8).span) }
        #expect(Answer(fields).ruling(on: resume, known: known) == .refuse(.changed))
    }

    @Test("the whole file is skipped up to the resume point only when a validator proves it")
    func whole() {
        let status = "HTTP/1.1 200 OK"
        let length = "Content-Length: 1000"
        #expect(
            ruling(status, length, "ETag: \"v1\"", on: resume, known: known)
                == .take(skip: 400, end: 1000)
        )
        #expect(
            ruling(status, length, "ETag: \"v2\"", on: resume, known: known) == .refuse(.changed)
        )
        #expect(ruling(status, length, on: resume, known: known) == .refuse(.changed))
        #expect(
            ruling(status, length, "ETag: W/\"v1\"", on: resume, known: known)
                == .refuse(.changed)
        )
        let unnamed = FileIdentity(validator: nil, total: 1000)
        #expect(ruling(status, length, on: resume, known: unnamed) == .cannotResume)
        #expect(
            ruling(status, "Content-Length: 1001", on: resume, known: unnamed)
                == .refuse(.changed)
        )
    }

    @Test("busy servers are asked again, refusals are final, and no range left means changed")
    func statuses() {
        for status in [408, 429, 500, 502, 503, 504] {
            let ruling = ruling("HTTP/1.1 \(status) x", on: resume, known: known)
            #expect(ruling == .later(status: status))
        }
        for status in [204, 300, 304, 400, 401, 403, 404, 410] {
            let ruling = ruling("HTTP/1.1 \(status) x", on: resume, known: known)
            #expect(ruling == .refuse(.answered(status: status)))
        }
        #expect(ruling("HTTP/1.1 416 x", on: resume, known: known) == .refuse(.changed))
        #expect(
            ruling("HTTP/1.1 416 x", on: resume, known: nil) == .refuse(.answered(status: 416))
        )
    }

    @Test("a part is not an answer to a plain request")
    func unasked() {
        let ruling = ruling(
            "HTTP/1.1 206 x",
            "Content-Range: bytes 0-99/1000",
            on: Request(start: 0, end: nil),
            known: nil
        )
        #expect(ruling == .refuse(.answered(status: 206)))
    }

    @Test("only the last head counts, and its weak entity tag gives way to the date")
    func heads() {
        let fields = fields(
            "HTTP/1.1 302 Found",
            "ETag: \"old\"",
            "Content-Length: 5",
            "",
            "HTTP/1.1 200 OK",
            "etag: W/\"v1\"",
            "LAST-MODIFIED:  Sat, 21 Nov 2026 00:00:00 GMT "
        )
        #expect(fields.status == 200)
        #expect(fields.contentLength == nil)
        #expect(Validator(fields) == .date("Sat, 21 Nov 2026 00:00:00 GMT"))
    }

    @Test("an endless head is cut off")
    func endlessHead() {
        var fields = HeaderFields()
        let line = [UInt8](repeating: 0x61, count: 64 * 1024)
        let taken = (0..<5).map { _ in fields.take(line.span) }
        #expect(taken == [true, true, true, true, false])
    }

    @Test(
        "a content range that makes no sense is none",
        arguments: [
            "", "bytes", "bytes 0-9", "bytes 9-0/10", "bytes 0-9/9", "bytes */10", "bytes -5/10",
            "bytes 0-9/+10", "bytes 0-9/10/11", "bytes 0x0-9/10", "bytes 0-9223372036854775807/*",
            "bytes 0-9 /10",
        ]
    )
    func contentRange(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test("a content range may leave the total open")
    func openTotal() {
        #expect(ContentRange("bytes 0-9/*") == ContentRange(bytes: 0..<10, total: nil))
        #expect(ContentRange("Bytes 0-0/1") == ContentRange(bytes: 0..<1, total: 1))
    }
}
