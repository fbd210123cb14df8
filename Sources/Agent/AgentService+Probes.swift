import API
import SlotsFetch

// What the operator wants asked besides our own checks: pages of this machine.
extension AgentService {
    private static let pageLimit = 1 << 20

    /// All of them at once, each with its own patience.
    func probe(_ probes: [Keel_V1_HTTPProbe]) async -> [Keel_V1_HealthCheck] {
        await withTaskGroup { group in
            for (number, probe) in probes.enumerated() {
                group.addTask { (number, await Self.check(probe)) }
            }
            var checks: [(Int, Keel_V1_HealthCheck)] = []
            for await check in group { checks.append(check) }
            return checks.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// An answer of 200 to 399 is good; a redirection is not followed.
    private static func check(_ probe: Keel_V1_HTTPProbe) async -> Keel_V1_HealthCheck {
        let seconds = probe.timeout == 0 ? 2 : Int(probe.timeout)
        let (url, begun) = (probe.url, ContinuousClock.now)
        var check = Keel_V1_HealthCheck()
        check.name = probe.name
        do throws(PageFailure) {
            let page = try await Offload.run("probe") { () throws(PageFailure) in
                try PageFetch.getLocal(url, limit: pageLimit, timeout: .seconds(seconds))
            }
            check.passed = (200..<400).contains(page.status)
            check.sentence = "\(url) answers with \(page.status)."
        } catch {
            check.sentence = "\(url) \(error.words(within: seconds))."
        }
        check.duration = (ContinuousClock.now - begun) / .seconds(1)
        return check
    }
}

extension PageFailure {
    fileprivate func words(within seconds: Int) -> String {
        switch self {
        case .timedOut: "does not answer within \(seconds) s"
        case .tooLarge(let limit): "answers with more than \(limit) bytes"
        case .unusable(let reason), .unreachable(let reason), .handshake(let reason),
            .broken(let reason), .untrusted(_, let reason):
            "does not answer: \(reason)"
        }
    }
}
