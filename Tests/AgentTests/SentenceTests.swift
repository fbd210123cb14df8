import API
import InitLink
import Slots
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("Sentences")
struct SentenceTests {
    @Test(
        "a bad join is found",
        arguments: [
            "", "no stop", "armed., but no.", "armed.. Slot a.", "armed. slot a.", "a  b.", "a .",
            "why: .", "one, two,. Three.", "one\ntwo.",
        ]
    )
    func bad(text: String) { #expect(!Sentences.faults(in: text).isEmpty) }

    @Test(
        "a good sentence has no fault",
        arguments: [
            "Slot a runs 1.8.0 and boots next.", "cut off...", "https://[::1]:6443 is silent.",
            "could not read /x: No such file (ENOENT).", "\"a:b\" is refused: it has 3 bytes.",
        ]
    )
    func good(text: String) { #expect(Sentences.faults(in: text) == []) }

    @Test("each sentence about the disk, the engine and the loader is whole")
    func engine() {
        let errors =
            ErrorTableTests.updates.map { AgentError.update($0.0) }
            + ErrorTableTests.others.map(\.0)
        for error in errors {
            #expect(Sentences.faults(in: error.sentence) == [], "\(error.sentence)")
        }
    }

    @Test("each sentence about the first process is whole")
    func firstProcess() {
        let failures: [InitFailure] =
            InitVerb.allCases.map { .unsupported($0) } + [
                .notFound(service: "x"), .invalid(.encoding), .invalid(.missing(.reason)),
                .invalid(.tooLong(.hostName, limit: 64)), .system(.inputOutput),
                .unreachable(.noEntry), .stranger(uid: 7), .version(ours: 1, theirs: 2),
                .timedOut(.connecting), .timedOut(.answering), .disconnected,
                .malformed(.number(.version, 9)),
            ]
        for failure in failures {
            #expect(Sentences.faults(in: failure.sentence) == [], "\(failure.sentence)")
            let done = AgentError.Reboot(
                done: "Slot a is armed. Slot a runs 1.0.0 and boots next.",
                refusal: failure.sentence
            )
            let whole = AgentError.notRebooted(done).sentence
            #expect(Sentences.faults(in: whole) == [], "\(whole)")
        }
    }

    @Test("each sentence about a bootstrap is whole")
    func bootstrap() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        let server = try ServerAddress("https://[2001:db8::1]:6443")
        let token = try #require(JoinToken("abcdef.0123456789abcdef"))
        let errors: [BootstrapError] = [
            .noWay, .nodeName("X"), .label("x"), .reservedLabel("kubernetes.io/x"), .taint("x"),
            .tooMany("labels", 3), .server("http://x", .notHTTPS), .server("x", .malformed),
            .token, .tokenCannotDiscover, .noHash, .hash("x"), .authority(.notPEM),
            .authority(.undecodable), .kubeconfig(.notAMap), .kubeconfig(.noContext("")),
            .kubeconfig(.missing(field: "users[].user")), .joinSecret(isGiven: true),
            .joinSecret(isGiven: false), .alreadyBootstrapped, .notAnAuthority(subject: "CN=x"),
            .notYetValid(.authority(subject: "CN=x"), from: now, now: now),
            .expired(.client(subject: "CN=x"), since: now, now: now),
            .tokenRefused(token, server, now: now),
            .certificateRefused(subject: "CN=x", server), .unsigned(id: "abcdef", server),
            .untrusted(server, .other, reason: "self-signed certificate", now: now),
            .untrusted(server, .wrongName, reason: "no match", now: now),
            .untrusted(server, .expired, reason: "", now: now),
            .badSignature(id: "abcdef", server),
            .otherAuthorities(found: [ErrorTableTests.digest], server),
            .unreachable(server, reason: "Connection refused"), .silent(server, after: .seconds(9)),
            .noTLS(server, reason: "wrong version number"), .broken(server, reason: "reset"),
            .answered(server, path: "/version", status: 500), .notAnAPIServer(server),
            .noClusterInfo(server), .closedClusterInfo(server, status: 403),
            .malformedClusterInfo(server), .busy, .damaged(folder: "kubernetes/a"),
            .state(StateError(.write, "x", .noSpace)),
        ]
        for error in errors {
            #expect(Sentences.faults(in: error.sentence) == [], "\(error.sentence)")
        }
    }

    @Test("each sentence about who may call what is whole")
    func roles() {
        for method in ["Reboot", "Nothing"] {
            for organisations in [[], ["keelos:reader"]] {
                let failure = #expect(throws: CallFailure.self) {
                    try Roles.require(method, for: organisations)
                }
                #expect(Sentences.faults(in: failure?.sentence ?? "") == [])
            }
        }
        var operation = Keel_V1_Operation()
        operation.id = Ids.make()
        operation.startedBy = "CN=ada"
        operation.state = .running
        operation.progress.total = 100
        #expect(Sentences.faults(in: operation.busy.sentence) == [])
    }
}
