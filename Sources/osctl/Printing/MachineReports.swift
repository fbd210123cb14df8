import API
import Slots

/// A node's services, a row for each.
enum ServiceReport {
    static let head = ["SERVICE", "STATE", "PID", "SINCE", "RESTARTS", "LAST EXIT"]

    static func row(_ service: Keel_V1_Service) -> [String] {
        [
            service.name, orDash(service.state), service.pid > 0 ? "\(service.pid)" : "-",
            Timestamp.text(service.since), "\(service.restarts)", orDash(service.lastExit),
        ]
    }
}

/// The health gate, a row for each check.
enum HealthReport {
    static let head = ["CHECK", "PASSED", "REQUIRED", "TOOK", "WHAT IT SAW"]

    static func row(_ check: Keel_V1_HealthCheck) -> [String] {
        [
            check.name, check.passed ? "yes" : "no", check.required ? "yes" : "no",
            milliseconds(check.duration), check.sentence,
        ]
    }

    /// A node that is not healthy did not do what was asked.
    static func judged(
        _ asked: Asked<Keel_V1_GetHealthResponse>
    ) -> Asked<Keel_V1_GetHealthResponse> {
        guard case .success(let health) = asked.result, !health.healthy else { return asked }
        let failing = health.checks.filter { $0.required && !$0.passed }.map(\.name)
        return Asked(
            endpoint: asked.endpoint,
            result: .failure(.unhealthy(failing.isEmpty ? ["the gate"] : failing))
        )
    }

    private static func milliseconds(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e6 else { return "-" }
        return "\(Int(seconds * 1000)) ms"
    }
}
