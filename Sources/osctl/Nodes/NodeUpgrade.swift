import API
import ArgumentParser
import Slots
import Syscalls

/// An upgrade of nodes: starts it, or finds the one that runs, and stays with it.
struct NodeUpgrade {
    private let command: Upgrade

    init(_ command: Upgrade) { self.command = command }

    func run() async throws(ExitCode) {
        let request: Keel_V1_UpgradeRequest
        do { request = try self.request() } catch { throw end(error) }
        let operating = Operating(
            command.wait,
            reboots: command.reboot.reboot && !command.dryRun && !command.stage
        )
        let isAttaching = command.node.attach
        try await ask(
            command.options,
            "upgrade",
            changes: !isAttaching,
            { (session) throws(CommandError) in
                if isAttaching { return try await Self.attach(session, operating) }
                return try await operating.run(session) { (session) throws(CommandError) in
                    try await Self.start(session, request)
                }
            },
            json: { $0.operation.json },
            show: { outcome in
                let isPlan = command.dryRun && outcome.operation.hasPlan
                return isPlan ? .text(OperationReport(outcome.operation).plan) : outcome.shown
            }
        )
    }

    /// The node reads the source itself, so it must be able to.
    func request() throws(CommandError) -> Keel_V1_UpgradeRequest {
        if let option = command.network.localOnly ?? (command.noReadBack ? "--no-read-back" : nil) {
            throw .setup(.notHere(option: option, command: "upgrade", isRemote: true))
        }
        var request = Keel_V1_UpgradeRequest()
        if let source = command.source {
            let isURL = ["http://", "https://"].contains { source.lowercased().hasPrefix($0) }
            guard isURL || source.hasPrefix("/") else {
                throw .setup(
                    .value(
                        option: "SOURCE",
                        found: source,
                        expected: "an http or https URL, or an absolute path on the node"
                    )
                )
            }
            request.source = source
        }
        request.digest = command.digest?.lowercased() ?? ""
        request.stageOnly = command.stage
        request.reboot = command.reboot.reboot ? .now : .none
        request.allowDowngrade = command.allowDowngrade
        request.retryQuarantined = command.retryQuarantined
        request.noReuse = command.noReuse
        request.dryRun = command.dryRun
        request.fetchRate = UInt64(command.network.rate ?? 0)
        request.diskRate = UInt64(command.diskRate ?? 0)
        request.notBefore = command.node.notBefore?.after(.now) ?? 0
        request.requestID = try Operating.requestID(command.reboot.requestId)
        if command.node.drain {
            request.drain.enabled = true
            request.drain.timeout = UInt32(command.node.drainTimeout?.seconds ?? 0)
            request.drain.force = command.node.drainForce
        }
        if let path = command.node.sourceCa {
            let pem = try PEMFile.read(path: path, what: "--source-ca \(path)")
            request.sourceCa = String(decoding: pem, as: UTF8.self)
        }
        if let path = command.network.tokenFile { request.bearerToken = try Self.word(in: path) }
        return request
    }

    /// A broken line is tried once more: the request's name makes it the same request.
    ///
    /// When the same upgrade runs already, it is watched instead of being refused.
    static func start(
        _ session: NodeSession,
        _ request: Keel_V1_UpgradeRequest
    ) async throws(CommandError) -> Keel_V1_Operation {
        do throws(CommandError) {
            return try await upgrade(session, request)
        } catch .call(let failure, let hasCredentials) {
            let running = failure.detail.operation
            if failure.detail.reason == .busy, failure.detail.hasOperation,
                isSame(running, request)
            {
                return running
            }
            guard failure.isPassing, failure.detail.reason == .unspecified else {
                throw .call(failure, hasCredentials: hasCredentials)
            }
            return try await upgrade(session, request)
        }
    }

    private static func upgrade(
        _ session: NodeSession,
        _ request: Keel_V1_UpgradeRequest
    ) async throws(CommandError) -> Keel_V1_Operation {
        try await session.call { (client) throws(CallFailure) in
            try await client.upgrade(request, timeout: NodeSession.patience).operation
        }
    }

    /// Whether the running operation does what is asked. Nodes name a source without its secrets.
    static func isSame(
        _ operation: Keel_V1_Operation,
        _ request: Keel_V1_UpgradeRequest
    ) -> Bool {
        guard operation.kind == .upgrade, !request.dryRun else { return false }
        if !request.digest.isEmpty, !operation.digest.isEmpty, request.digest != operation.digest {
            return false
        }
        return !operation.source.isEmpty && operation.source == bare(request.source)
    }

    /// A URL without user, password, query and fragment.
    static func bare(_ source: String) -> String {
        guard !source.hasPrefix("/"), let scheme = source.firstRange(of: "://") else {
            return source
        }
        let rest = source[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
        let host = rest.prefix { $0 != "/" }
        let tail = rest[host.endIndex...]
        let name = host.lastIndex(of: "@").map { host[host.index(after: $0)...] } ?? host
        return String(source[..<scheme.upperBound] + name + tail)
    }

    private static func attach(
        _ session: NodeSession,
        _ operating: Operating
    ) async throws(CommandError) -> Operating.Outcome {
        let status = try await session.status()
        if status.hasOperation {
            return try await operating.follow(session, status.operation, bootID: status.bootID)
        }
        let list = try await session.call { (client) throws(CallFailure) in
            try await client.listOperations(.init(), timeout: NodeSession.patience)
        }
        guard let last = list.operations.first else {
            throw .call(CallFailure(.notFound, "no operation ran on this node yet"))
        }
        return try await operating.follow(session, last, bootID: status.bootID)
    }

    private static func word(in path: String) throws(CommandError) -> String {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: 64 << 10) } catch {
            throw .file("read", path, error)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.trimming)
    }
}

extension String {
    /// Without white space at either end.
    var trimming: Substring {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
