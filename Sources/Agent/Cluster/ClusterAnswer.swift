/// What an API server answered to one request.
struct ClusterAnswer: Sendable {
    let server: ServerAddress
    let act: ClusterAct
    /// That of the `Status` in a body of success that speaks of a failure: so a server answers to
    /// an eviction that two disruption budgets speak against.
    let status: Int
    /// What the server says of a failure; `nil` when it says nothing.
    let fault: ServerStatus?
    private let body: JSONObject?

    init(_ server: ServerAddress, _ act: ClusterAct, _ status: Int, _ body: [UInt8]) {
        self.server = server
        self.act = act
        let object = JSONObject(parsing: body)
        let fault = object.flatMap { ServerStatus($0) }
        self.body = object
        self.fault = fault
        if let fault, fault.isFailure, (200..<300).contains(status) {
            self.status = fault.code ?? 500
        } else {
            self.status = status
        }
    }

    /// The object that was asked for; throws for everything else.
    func object(kind: String) throws(ClusterError) -> JSONObject {
        guard (200..<300).contains(status) else { throw error }
        guard let body, body.text("kind") == kind else { throw malformed }
        return body
    }

    var error: ClusterError {
        let message = fault?.message ?? ""
        return status == 401 || status == 403
            ? .refused(server, act, status: status, message: message)
            : .answered(server, act, status: status, message: message)
    }

    var malformed: ClusterError { .malformed(server, act) }

    /// Whether it is the answer of a server that understood the eviction: one that does not know
    /// its version answers 400, and one that knows no evictions at all 404 about no pod. (That a
    /// pod is gone is told by the registry of `pods`, or before it by the admission, of a `pod`.)
    var knowsEvictions: Bool {
        status != 400 && (status != 404 || fault?.kind == "pods" || fault?.kind == "pod")
    }
}
