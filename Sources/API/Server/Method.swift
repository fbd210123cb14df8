import SwiftProtobuf

/// One method of a server: reads its request, checks it, serves it, and gives the answer's bytes,
/// which a stream has none of.
struct Method: Sendable {
    let name: String
    let isStream: Bool
    let serve: @Sendable (ServedCall, Call) async throws(CallFailure) -> [UInt8]?

    /// `limit`: bytes of the request.
    static func unary<Request: Checked, Response: Message>(
        _ name: String,
        _ limit: Int,
        _ body: @escaping @Sendable (Request, Call) async throws(CallFailure) -> Response
    ) -> Method {
        Method(name: name, isStream: false) { (served, call) async throws(CallFailure) in
            let request: Request = try await served.receive(limit)
            return try served.encode(try await body(request, call))
        }
    }

    static func stream<Request: Checked, Response: Message>(
        _ name: String,
        _ limit: Int,
        _ body:
            @escaping @Sendable (Request, Call, Sender<Response>) async throws(CallFailure) -> Void
    ) -> Method {
        Method(name: name, isStream: true) { (served, call) async throws(CallFailure) in
            let request: Request = try await served.receive(limit)
            let send: Sender<Response> = { (message) async throws(CallFailure) in
                try await served.send(message)
            }
            try await body(request, call, send)
            return nil
        }
    }
}
