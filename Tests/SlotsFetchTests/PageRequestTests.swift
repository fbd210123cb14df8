import Testing

@testable import SlotsFetch

/// Requests with a method and content, to `Server/pages.py`.
@Suite struct PageRequestTests {
    private func request(
        _ server: PageServer,
        _ path: String,
        _ method: PageRequest.Method,
        _ content: PageContent? = nil
    ) -> PageRequest {
        var request = PageRequest(server.url(path), limit: 2_000_000, timeout: .seconds(20))
        request.method = method
        request.content = content
        request.authorities = server.authority.pem
        return request
    }

    private func failure(_ request: PageRequest) -> PageFailure? {
        do throws(PageFailure) {
            _ = try PageFetch.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "each method arrives as it is named, with its content, type and length, and no Expect",
        arguments: [PageRequest.Method.post, .put, .patch, .delete],
        [0, 1, 70_000, 1_500_000]
    )
    func content(method: PageRequest.Method, count: Int) throws {
        // Zeros too: nothing ends the content but its length.
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let type = "application/merge-patch+json"
        let server = try PageServer()
        let (status, body) = try PageFetch.send(
            request(server, "told", method, PageContent(type: type, bytes: bytes))
        )
        let head = Array("\(method.rawValue) \(type) \(count) - -\n".utf8)
        #expect(status == 200)
        #expect(body == head + bytes)
        #expect(server.requests.count == 1)
    }

    @Test("without content only the method goes along", arguments: PageRequest.Method.allCases)
    func bare(method: PageRequest.Method) throws {
        let server = try PageServer()
        let (status, body) = try PageFetch.send(request(server, "told", method))
        #expect(status == 200)
        #expect(String(decoding: body, as: UTF8.self) == "\(method.rawValue) - - - -\n")
    }

    @Test(
        "whatever a server answers to a POST is an answer, and it is not sent again",
        arguments: [201, 302, 307, 401, 403, 409, 429, 503]
    )
    func statuses(status: Int) throws {
        let server = try PageServer()
        let content = PageContent(type: "application/json", bytes: Array("{}".utf8))
        let answer = try PageFetch.send(request(server, "refused/\(status)", .post, content))
        #expect(answer.status == status)
        #expect(answer.body == Array("POST".utf8))
        #expect(server.requests.count == 1)
    }

    @Test("a line that breaks under a POST is broken, and it is not sent again")
    func broken() throws {
        let server = try PageServer()
        let content = PageContent(type: "application/json", bytes: Array("{}".utf8))
        guard case .broken = failure(request(server, "cut", .post, content)) else {
            Issue.record("the answer was cut")
            return
        }
        #expect(server.requests.count == 1)
    }

    @Test("what makes no sense is refused before anything is sent")
    func refused() throws {
        let server = try PageServer()
        let bytes = Array("{}".utf8)
        let good = PageContent(type: "application/json", bytes: bytes)
        #expect(
            failure(request(server, "told", .get, good)) == .unusable(reason: "a GET with content")
        )
        let types = ["", " ", "a\r\nX: y", "a\u{0}b", "\u{e4}", String(repeating: "a", count: 256)]
        for type in types {
            let content = PageContent(type: type, bytes: bytes)
            #expect(
                failure(request(server, "told", .post, content))
                    == .unusable(reason: "not a content type"),
                "\(type)"
            )
        }
        let long = [UInt8](repeating: 0, count: PageRequest.contentLimit + 1)
        #expect(
            failure(request(server, "told", .put, PageContent(type: "a/b", bytes: long)))
                == .unusable(reason: "more than \(PageRequest.contentLimit) bytes of content")
        )
        var insecure = request(server, "told", .post, good)
        insecure.insecure = true
        insecure.bearer = "secret"
        #expect(failure(insecure) == .unusable(reason: "credentials on an unverified line"))
        #expect(server.requests.isEmpty)
    }
}
