import API
import InitLink
import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("The error table")
struct ErrorTableTests {
    static let digest = OpenSSLHashing().sha256(Array("digest".utf8).span)
    static let device = DeviceError(.write, at: 4096, code: 5)

    /// One of each case of everything that the engine refuses, and the reason it must have.
    static let updates: [(UpdateError, Keel_V1_Reason)] = [
        (.busy, .busy),
        (.nothingRuns, .notSettled),
        (.notSettled(running: .a, standing: .onTrial), .notSettled),
        (.notSettled(running: .a, standing: .lastResort), .notSettled),
        (.distrusted(.quarantined(digest)), .releaseRefused),
        (.distrusted(.belowEpochFloor(epoch: 1, floor: 2)), .releaseRefused),
        (.badIndex(.badLength(chunk: 1, length: 0)), .releaseRefused),
        (.wrongChunk(chunk: 1, offset: 2), .releaseRefused),
        (.notAsWritten(.b, .head), .disk),
        (.device(.b, device), .disk),
        (.nothingToActivate(.b), .nothingToDo),
        (.cancelled, .cancelled),
        (.source(.malformed(.truncated(member: "x"))), .releaseRefused),
        (.source(.unreachable(reason: "no", attempts: 3)), .source),
        (.source(.answered(status: 404)), .source),
        (.source(.untrustedServer(reason: "no")), .source),
        (.source(.changed), .source),
        (.source(.unusable(reason: "no")), .badRequest),
        (.bootLoader(.noRecord), .disk),
        (.bootLoader(.copiesFailed([0], inForce: false)), .disk),
        (.bootLoader(.nothingTrustedLeft), .notSettled),
        (.bootLoader(.exhausted), .disk),
        (.rollback(.nothingRuns), .notSettled),
        (.rollback(.otherFailed(.b, reason: .unhealthy)), .releaseRefused),
        (.rollback(.nothingThere(.b)), .nothingToDo),
        (.rollback(.belowEpochFloor(epoch: 1, floor: 2)), .releaseRefused),
        (.rollback(.cannotReadState(schema: 3, reads: 1...2)), .releaseRefused),
        (.rollback(.onlyThisBoots(.a)), .notSettled),
    ]

    static let others: [(AgentError, Keel_V1_Reason)] = [
        (.file("read", "/x", .noEntry), .disk),
        (.trust("/t", .noPolicy), .internal),
        (.node(.disk(.busy(path: "/d"))), .busy),
        (.node(.disk(.inUse(path: "/d"))), .disk),
        (.node(.disk(.isPartition(path: "/d"))), .disk),
        (.node(.disk(.notADisk(path: "/d", kind: .pipe))), .disk),
        (.node(.disk(.sectorSize(path: "/d", found: 520))), .disk),
        (.node(.disk(.outside(path: "/d", range: 0..<9, size: 8))), .disk),
        (.node(.disk(.failed(path: "/d", .inputOutput))), .disk),
        (.node(.layout("/e", .disk(.busy(path: "/e")))), .busy),
        (.node(.layout("/d", .missing(name: "EFI-SYSTEM"))), .disk),
        (.node(.loader(.device(device))), .disk),
        (.node(.loader(.damaged(reason: "x"))), .disk),
        (.node(.loader(.missing(file: "x"))), .disk),
        (.node(.loader(.tooLarge(size: 3, limit: 2))), .loaderRefused),
        (.node(.loader(.notALoader)), .loaderRefused),
        (.node(.loader(.signedButNotWhole(size: 1, capacity: 2))), .loaderRefused),
        (.node(.loader(.notInOneSector)), .disk),
        (.node(.loader(.chainTooShort(file: "x", capacity: 1, size: 2))), .disk),
        (.node(.loader(.crossLinked)), .disk),
        (.node(.loader(.notAsWritten(afterSwap: true))), .disk),
        (.node(.noLoader(.a)), .loaderRefused),
        (.node(.loaderUnread(.a, reason: "x")), .loaderRefused),
        (.node(.wrongLoader(found: digest, expected: digest)), .loaderRefused),
        (.token, .badRequest),
        (.history(HistoryError(code: 5)), .disk),
        (.state(StateError(.write, "x", .noSpace)), .internal),
        (.cancelled, .cancelled),
        (.notRebooted(.init(done: "Slot b is armed.", refusal: "no.")), .noInit),
        (.notDrained("The node was not drained within 600 s: a/b has not ended yet."), .notDrained),
    ]

    @Test("every refusal of the engine has its reason, its sentence and its code")
    func engine() {
        for (error, reason) in Self.updates { check(.update(error), reason) }
    }

    @Test("every other refusal has its reason, its sentence and its code")
    func disk() {
        for (error, reason) in Self.others { check(error, reason) }
    }

    private func check(_ error: AgentError, _ reason: Keel_V1_Reason) {
        let failure = CallFailure(error, truth: "Slot a runs 1.0.0 and boots next.")
        #expect(failure.detail.reason == reason, "\(error)")
        #expect(failure.code == Reasons.code(of: reason))
        #expect(failure.detail.sentence == error.sentence)
        #expect(failure.detail.sentence.hasSuffix("."), "\(error)")
        #expect(failure.detail.truth == "Slot a runs 1.0.0 and boots next.")
    }

    @Test("two causes never share a sentence")
    func sentences() {
        let errors = Self.updates.map { AgentError.update($0.0) } + Self.others.map(\.0)
        #expect(Set(errors.map(\.sentence)).count == errors.count)
    }

    @Test("every refusal of the first process has a reason and a sentence")
    func initLink() {
        let failures: [(InitFailure, Keel_V1_Reason)] =
            InitVerb.allCases.map { (.unsupported($0), .noInit) } + [
                (.notFound(service: "x"), .notFound), (.invalid(.encoding), .badRequest),
                (.system(.inputOutput), .internal), (.unreachable(.noEntry), .noInit),
                (.stranger(uid: 7), .internal), (.version(ours: 1, theirs: 2), .internal),
                (.timedOut(.connecting), .internal), (.timedOut(.answering), .internal),
                (.disconnected, .internal), (.malformed(.encoding), .internal),
            ]
        for (failure, reason) in failures {
            #expect(CallFailure(failure).detail.reason == reason)
            #expect(CallFailure(failure).detail.sentence.hasSuffix("."))
        }
        #expect(Set(failures.map(\.0.sentence)).count == failures.count)
    }
}
