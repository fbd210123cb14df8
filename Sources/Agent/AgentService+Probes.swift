import API
import SlotsFetch

// What the operator wants asked besides our own checks: pages of this machine.
extension AgentService {
    private static let pageLimit = 1 << 20

    /// All of them at once, each with its own patience.
    func probe(_ probes: [Keel_V1_HTTPProbe], in round: HealthRound) async {
        await withTaskGroup { group in
            for probe in probes {
                let check = round.begin(probe.name)
                group.addTask { round.end(check, await Self.find(probe)) }
            }
        }
    }

    /// An answer of 200 to 399 is good; a redirection is not followed.
    private static func find(_ probe: Keel_V1_HTTPProbe) async -> Finding {
        let seconds = probe.timeout == 0 ? 2 : Int(probe.timeout)
        let url = probe.url
        do throws(PageFailure) {
            let page = try await Offload.run("probe") { () throws(PageFailure) in
                try PageFetch.getLocal(url, limit: pageLimit, timeout: .seconds(seconds))
            }
            return ((200..<400).contains(page.status), "\(url) answers with \(page.status).")
        } catch {
            return (false, "\(url) \(error.words(within: seconds)).")
        }
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
