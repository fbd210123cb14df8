import API
import Testing

@testable import osctl

@Suite("Exit codes and sentences")
struct ExitCodeTests {
    static let kinds: [(Keel_V1_Reason, Int32)] = [
        (.badRequest, 2), (.notAuthenticated, 2), (.denied, 2), (.busy, 3), (.notFound, 2),
        (.releaseRefused, 2), (.notSettled, 2), (.nothingToDo, 2), (.source, 1), (.disk, 1),
        (.cancelled, 1), (.notBootstrapped, 2), (.bootstrapRefused, 2), (.cluster, 1),
        (.noInit, 2), (.loaderRefused, 2), (.configTry, 2), (.internal, 1), (.notDrained, 1),
    ]

    @Test("every reason of the API has its exit code")
    func reasons() {
        #expect(Set(Self.kinds.map(\.0)).count == Keel_V1_Reason.allCases.count - 1)
        for (reason, code) in Self.kinds {
            let error = CommandError.call(CallFailure(reason, "it is so"))
            #expect(error.kind.rawValue == code, "\(reason)")
            #expect(error.sentence.hasPrefix("it is so."), "\(error.sentence)")
        }
    }

    @Test("a failure of the wire has the code of what is known about it")
    func codes() {
        func kind(_ code: StatusCode) -> Int32 {
            CallFailure(code: code, "x").kind.rawValue
        }
        #expect(kind(.unavailable) == 1)
        #expect(kind(.deadlineExceeded) == 5)
        #expect(kind(.unimplemented) == 2)
        #expect(kind(.unauthenticated) == 2)
    }

    @Test("a refusal says the next step")
    func steps() {
        let nobody = CallFailure(.notAuthenticated, "no certificate")
        #expect(nobody.sentence(hasCredentials: false).contains("--cert and --key"))
        #expect(nobody.sentence(hasCredentials: true).contains("did not sign"))
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .denied
        detail.sentence = "a reader may not reboot"
        detail.needed = .operator
        #expect(CallFailure(detail).sentence(hasCredentials: true).contains("keelos:operator"))
        detail = Keel_V1_ErrorDetail()
        detail.reason = .busy
        detail.sentence = "an upgrade runs"
        detail.truth = "Slot a runs 1.0.0 and boots next."
        detail.operation.id = "f00"
        let busy = CallFailure(detail).sentence(hasCredentials: true)
        #expect(busy.hasPrefix("an upgrade runs. Slot a runs 1.0.0 and boots next. Watch it"))
        #expect(busy.contains("cancel f00"))
    }

    @Test("an operation that did not succeed has the exit code of its reason")
    func operations() {
        var operation = Keel_V1_Operation()
        operation.kind = .upgrade
        operation.state = .failed
        operation.error.reason = .releaseRefused
        operation.error.sentence = "the release is for another board"
        let error = CommandError.operation(operation)
        #expect(error.kind == .refused)
        #expect(error.sentence == "the release is for another board.")
        operation.state = .cancelled
        #expect(CommandError.operation(operation).kind == .failed)
        operation.state = .interrupted
        #expect(CommandError.operation(operation).sentence.contains("takes it up again"))
    }

    @Test("the worst node decides the exit code")
    func worst() throws {
        func asked(_ name: String, _ error: CommandError?) throws -> Asked<Int> {
            Asked(
                endpoint: try Endpoint(name),
                result: error.map(Result.failure) ?? .success(1)
            )
        }
        let refused = CommandError.call(CallFailure(.denied, "no"))
        let busy = CommandError.call(CallFailure(.busy, "later"))
        #expect(Answers([try asked("a", nil)]).code == 0)
        let all = Answers([try asked("a", busy), try asked("b", nil), try asked("c", refused)])
        #expect(all.code == 3)
        #expect(all.complaints.count == 2)
        #expect(all.complaints[0].hasPrefix("osctl: a:50051: later."))
        #expect(Answers([try asked("a", refused)]).complaints[0].hasPrefix("osctl: no."))
    }

    @Test("wrong words end with 64, a broken file is refused")
    func usage() {
        #expect(CommandError.setup(.noNode).kind == .usage)
        #expect(CommandError.setup(.plainHTTP("a")).kind == .usage)
        #expect(CommandError.setup(.unknownNode("a", fingerprint: "f")).kind == .refused)
        #expect(CommandError.setup(.noContext(name: "x", known: ["a"])).kind == .refused)
        let stranger = SetupError.unknownNode("a:1", fingerprint: "ab12").sentence
        #expect(stranger.contains("ab12"))
        #expect(stranger.contains("--fingerprint"))
    }
}
