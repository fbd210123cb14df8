/// One request to a server over `https`: what is asked for, who asks, and whom it believes.
public struct PageRequest: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    public var url: String
    public var method = Method.get

    /// Sent along; a GET has none.
    public var content: PageContent?

    /// Certificates in PEM: only what these signed is believed. `nil`: the system's.
    public var authorities: [UInt8]?

    /// Anybody is believed. There must be no `bearer` and no `client` then, for nobody knows who
    /// would read them.
    public var insecure = false

    public var bearer: String?

    /// Shown to a server that asks who we are.
    public var client: ClientCertificate?

    /// Bytes of an answer's body.
    public var limit: Int

    /// For all of it: 1 ms to an hour.
    public var timeout: Duration

    /// More bytes than this are no small page.
    public static let contentLimit = 4 * 1024 * 1024

    public init(_ url: String, limit: Int, timeout: Duration) {
        self.url = url
        self.limit = limit
        self.timeout = timeout
    }

    /// What can be refused without asking anybody.
    func check() throws(PageFailure) {
        guard !insecure || (bearer == nil && client == nil) else {
            throw .unusable(reason: "credentials on an unverified line")
        }
        guard timeout >= .milliseconds(1), timeout <= .seconds(3600) else {
            throw .unusable(reason: "timeout out of range")
        }
        guard let content else { return }
        guard method != .get else { throw .unusable(reason: "a GET with content") }
        guard content.bytes.count <= Self.contentLimit else {
            throw .unusable(reason: "more than \(Self.contentLimit) bytes of content")
        }
        guard content.isNamed else { throw .unusable(reason: "not a content type") }
    }
}

/// What a request brings with it.
public struct PageContent: Sendable {
    /// Such as `application/json`.
    public var type: String
    public var bytes: [UInt8]

    public init(type: String, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    /// Whether the type is 1...255 visible ASCII characters and blanks: nothing that could end its
    /// line.
    var isNamed: Bool {
        (1...255).contains(type.utf8.count)
            && type.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && type.utf8.first != 0x20
    }
}
