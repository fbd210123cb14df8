import Testing

@testable import osctl

@Suite("Endpoints")
struct EndpointTests {
    @Test(
        "a node is named by host, port, or an https URL",
        arguments: [
            ("10.0.0.7", "10.0.0.7:50051"), ("node-1.example:6000", "node-1.example:6000"),
            ("https://10.0.0.7:50051", "10.0.0.7:50051"), ("HTTPS://a/", "a:50051"),
            ("[2001:db8::1]:7000", "[2001:db8::1]:7000"), ("2001:db8::1", "[2001:db8::1]:50051"),
            ("[::1]", "[::1]:50051"),
        ]
    )
    func good(text: String, expected: String) throws {
        #expect(try Endpoint(text).description == expected)
    }

    @Test("http is answered by one sentence that names https")
    func plain() {
        let error = #expect(throws: SetupError.self) { try Endpoint("http://10.0.0.7:50051") }
        #expect(error == .plainHTTP("10.0.0.7:50051"))
        #expect(error?.sentence.contains("https://10.0.0.7:50051") == true)
        #expect(error?.isUsage == true)
    }

    @Test(
        "what is no node is refused",
        arguments: [
            "", "a:", "a:0", "a:65536", "a:b", ":50051", "a b", "a/b", "[10.0.0.1]:1", "[::1]x",
            "a:+5", "https://", "a\u{0}b", "ä:1",
        ]
    )
    func bad(text: String) {
        #expect(throws: SetupError.endpoint(text)) { try Endpoint(text) }
    }

    @Test("nodes come in the order given, and none twice")
    func lists() throws {
        #expect(try Endpoint.list("b, a:1,c").map(\.description) == ["b:50051", "a:1", "c:50051"])
        #expect(throws: SetupError.nodeTwice("a:50051")) { try Endpoint.list("a,b,a:50051") }
        #expect(throws: SetupError.endpoint("")) { try Endpoint.list("a,,b") }
    }

    @Test("a node's name for a file holds no slash and no colon")
    func fileNames() throws {
        #expect(try Endpoint("[2001:db8::1]:7").fileName == "2001-db8--1_7")
        #expect(try Endpoint("10.0.0.7").fileName == "10.0.0.7_50051")
    }
}
