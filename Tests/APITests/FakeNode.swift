import Synchronization

@testable import API

/// A node that does nothing, in all the ways a test wants.
final class FakeNode: NodeService {
    let tally = Tally()

    func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse {
        tally.count("status")
        var response = Keel_V1_GetStatusResponse()
        response.version = "1.2.3"
        response.bootstrapped = call.peer.certificate != nil
        response.hostname = call.peer.address
        return response
    }

    /// Takes `limit` milliseconds, or ends when it is cancelled.
    func getHistory(
        _ request: Keel_V1_GetHistoryRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHistoryResponse {
        tally.count("slow")
        do { try await Task.sleep(for: .milliseconds(Int(request.limit) * 10)) } catch {
            tally.count("slow cancelled")
            throw .cancelled
        }
        tally.count("slow done")
        return Keel_V1_GetHistoryResponse()
    }

    func bootstrap(
        _ request: Keel_V1_BootstrapRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_BootstrapResponse {
        var response = Keel_V1_BootstrapResponse()
        response.apiServer = "\(request.kubeconfig.document.count)"
        return response
    }

    /// Busy, always.
    func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeResponse {
        tally.count("upgrade")
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .busy
        detail.sentence = "bob's upgrade is running, 40 % are written"
        detail.truth = "slot a runs 1.2.3 and boots next"
        detail.operation.id = String(repeating: "ab", count: 16)
        detail.operation.startedBy = "CN=bob"
        throw CallFailure(detail)
    }

    /// Three messages for the running operation; for ever for the one of zeroes; none for others.
    func watchOperation(
        _ request: Keel_V1_WatchOperationRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_WatchOperationResponse>
    ) async throws(CallFailure) {
        let isEndless = request.id == String(repeating: "0", count: 32)
        guard request.id.isEmpty || isEndless else {
            throw CallFailure(.notFound, "there is no operation \(request.id)")
        }
        tally.count("watching")
        defer { tally.count("watched") }
        var sent: UInt64 = 0
        while isEndless || sent < 3 {
            var response = Keel_V1_WatchOperationResponse()
            response.operation.progress.bytes = sent
            try await send(response)
            sent += 1
            guard isEndless else { continue }
            do { try await Task.sleep(for: .milliseconds(5)) } catch { throw .cancelled }
        }
    }

    /// 64 KiB after 64 KiB, a GiB in all, as fast as they are taken.
    func supportBundle(
        _ request: Keel_V1_SupportBundleRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure) {
        defer { tally.count("bundle ended") }
        var response = Keel_V1_SupportBundleResponse()
        response.data = .init(repeating: 0, count: 64 << 10)
        response.data[0] = 0x1f  // as a gzip file begins
        response.data[1] = 0x8b
        for _ in 0..<(1 << 14) {
            try await send(response)
            tally.count("bundle")
        }
    }

    /// More than may be sent.
    func listOperations(
        _ request: Keel_V1_ListOperationsRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListOperationsResponse {
        var operation = Keel_V1_Operation()
        operation.source = String(repeating: "x", count: 2 << 20)
        var response = Keel_V1_ListOperationsResponse()
        response.operations = [operation]
        return response
    }
}

/// Counts what happens.
final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ what: String) { counts.withLock { $0[what, default: 0] += 1 } }

    subscript(what: String) -> Int { counts.withLock { $0[what] ?? 0 } }
}
