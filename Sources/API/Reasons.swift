import CGRPC

/// The one table from reasons to status codes, and back where that is unambiguous.
///
/// A disk is DATA_LOSS whatever it did, INTERNAL is the agent's own fault and nothing else: one
/// code for one reason, so that both ways agree.
public enum Reasons {
    /// The status code that a reason is sent with. A reason that this build does not know: unknown.
    public static func code(of reason: Keel_V1_Reason) -> StatusCode {
        switch reason {
        case .unspecified, .UNRECOGNIZED: .unknown
        case .badRequest: .invalidArgument
        case .notAuthenticated: .unauthenticated
        case .denied, .bootstrapRefused: .permissionDenied
        case .busy, .releaseRefused, .notSettled, .nothingToDo: .failedPrecondition
        case .notBootstrapped, .loaderRefused, .configTry, .notDrained: .failedPrecondition
        case .notFound: .notFound
        case .source, .cluster: .unavailable
        case .disk: .dataLoss
        case .cancelled: .cancelled
        case .noInit: .unimplemented
        case .internal: .internalError
        }
    }

    /// The reason that says what a bare code says; unspecified where several could be meant.
    public static func reason(of code: StatusCode) -> Keel_V1_Reason {
        switch code {
        case .invalidArgument, .outOfRange: .badRequest
        case .unauthenticated: .notAuthenticated
        case .permissionDenied: .denied
        case .notFound: .notFound
        case .dataLoss: .disk
        case .cancelled: .cancelled
        case .internalError: .internal
        case .ok, .unknown, .deadlineExceeded, .alreadyExists, .resourceExhausted,
            .failedPrecondition, .aborted, .unimplemented, .unavailable:
            .unspecified
        }
    }
}

extension StatusCode {
    /// The core's name for it.
    var raw: grpc_status_code { grpc_status_code(rawValue: Int32(rawValue)) }
}
