import API
import InitLink
import Slots
import Trust

extension AgentService {
    /// Pages of one log in the bundle; a page has at most 56 KiB.
    private static let logPages = 64

    func supportBundle(
        _ request: Keel_V1_SupportBundleRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure) {
        let bundle = try SupportBundle()
        try await bundle.add("status.json", try await getStatus(.init(), call), send)
        try await bundle.add("identity.json", try await getIdentity(.init(), call), send)
        try await bundle.add("bootstrap.json", bootstrapper.status(), send)
        try await bundle.add("health.json", try await getHealth(.init(), call), send)
        try await bundle.add("operations.json", try await listOperations(.init(), call), send)
        try await bundle.add("config.json", try await getConfig(.init(), call), send)
        try await bundle.add("processes.txt", Array(ProcessTable().text.utf8), send)
        do throws(CallFailure) {
            try await bundle.add("history.json", try await getHistory(.init(), call), send)
            try await bundle.add("services.json", try await listServices(.init(), call), send)
        } catch {
            if error == .cancelled { throw error }
            try await bundle.add("missing.txt", Array("\(error.sentence)\n".utf8), send)
        }
        for name in await logNames() {
            try await bundle.add("logs/\(name).txt", await log(name), send)
        }
        try await bundle.finish(send)
    }

    /// The kernel's log and that of each service.
    private func logNames() async -> [String] {
        do throws(CallFailure) {
            let services = try await ask { (link) throws(InitFailure) in try link.services() }
            return ["kernel"] + services.map(\.name).filter { $0 != "kernel" }
        } catch {
            return ["kernel", "agent"]
        }
    }

    private func log(_ name: String) async -> [UInt8] {
        var query = LogQuery(service: name)
        var text: [UInt8] = []
        do throws(CallFailure) {
            for _ in 0..<Self.logPages {
                let asked = query
                let page = try await ask { (link) throws(InitFailure) in try link.logs(asked) }
                for line in page.lines {
                    let time = Timestamp(seconds: Int(line.time / 1_000_000_000))
                    text += Array("\(time) \(line.level) ".utf8) + line.text + [10]
                }
                guard page.hasMore else { break }
                query = query.following(page)
            }
        } catch {
            text += Array("\(error.sentence)\n".utf8)
        }
        return text
    }
}
