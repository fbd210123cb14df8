import API

// What a node refused or failed, in a sentence with the next step.

extension CallFailure {
    func sentence(hasCredentials: Bool) -> String {
        let parts = [
            Self.asSentence(detail.sentence), detail.truth,
            nextStep(hasCredentials: hasCredentials),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func nextStep(hasCredentials: Bool) -> String {
        switch detail.reason {
        case .notAuthenticated:
            hasCredentials
                ? "Its client CA did not sign your certificate: say --cert and --key of one that "
                    + "it did."
                : "Say who you are with --cert and --key, --kubeconfig, or a context."
        case .denied:
            detail.needed == .unspecified
                ? "Ask for a certificate with a higher role."
                : "It takes a certificate with the organisation keelos:\(detail.needed.word)."
        case .busy:
            detail.hasOperation
                ? "Watch it with 'osctl upgrade --attach', or stop it with 'osctl operations "
                    + "cancel \(detail.operation.id)'."
                : "Try again when it has ended."
        case .notBootstrapped: "Give it a client CA with 'osctl bootstrap'."
        case .configTry: "See 'osctl config get'."
        default: codeStep(hasCredentials: hasCredentials)
        }
    }

    private func codeStep(hasCredentials: Bool) -> String {
        switch code {
        case .unavailable where detail.reason == .unspecified:
            if !hasCredentials, detail.sentence.contains("certificate") {
                "Say --cert and --key, or --kubeconfig."
            } else if detail.sentence.contains("certificate") {
                ""
            } else {
                "Is the address right, and does the node run?"
            }
        case .deadlineExceeded: "Nobody can tell what the node did; look with 'osctl status'."
        case .unimplemented where detail.reason == .unspecified:
            "The node's release does not know this call, or was not bootstrapped yet: see 'osctl "
                + "bootstrap-status'."
        default: ""
        }
    }

    var kind: CommandError.Kind {
        switch detail.reason {
        case .badRequest, .notAuthenticated, .denied, .notFound, .releaseRefused, .notSettled,
            .nothingToDo, .notBootstrapped, .bootstrapRefused, .noInit, .loaderRefused, .configTry:
            .refused
        case .busy: .busy
        case .source, .disk, .cancelled, .cluster, .internal, .notDrained: .failed
        case .unspecified, .UNRECOGNIZED: codeKind
        }
    }

    private var codeKind: CommandError.Kind {
        switch code {
        case .deadlineExceeded: .unknown
        case .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
            .outOfRange, .unimplemented, .unauthenticated:
            .refused
        default: .failed
        }
    }

    /// Ends with a full stop, whoever wrote it.
    private static func asSentence(_ text: String) -> String {
        guard let last = text.last else { return "the node did not say why." }
        return ".!?".contains(last) ? text : text + "."
    }
}

extension Keel_V1_Operation {
    /// Whether nothing more happens by itself.
    var hasEnded: Bool {
        switch state {
        case .succeeded, .failed, .cancelled, .interrupted: true
        case .unspecified, .pending, .running, .UNRECOGNIZED: false
        }
    }

    var failureSentence: String {
        switch state {
        case .failed:
            return CallFailure(error).sentence(hasCredentials: true)
        case .cancelled:
            return "the \(kind.word) was cancelled."
                + (error.truth.isEmpty ? "" : " " + error.truth)
                + " What is in place stays there."
        case .interrupted:
            return "the agent ended during the \(kind.word); "
                + (outcome.isEmpty ? "" : outcome + " ") + "the same command takes it up again."
        default: return "the \(kind.word) is \(state.word)."
        }
    }

    var failureKind: CommandError.Kind {
        switch state {
        case .failed: CallFailure(error).kind
        case .cancelled, .interrupted: .failed
        default: .unknown
        }
    }
}
