/// The methods of `NodeService` by name: how each is decoded, checked, served and answered.
enum NodeMethods {
    static func table(_ service: any NodeService, _ limits: ServerLimits) -> [String: Method] {
        let most = limits.request
        let large = limits.largeRequest
        let methods = unary(service, most, large) + streams(service, most)
        return Dictionary(uniqueKeysWithValues: methods.map { ("/\(Call.service)/\($0.name)", $0) })
    }

    private static func unary(
        _ service: any NodeService,
        _ most: Int,
        _ large: Int
    ) -> [Method] {
        [
            .unary("GetStatus", most, service.getStatus),
            .unary("GetIdentity", most, service.getIdentity),
            .unary("Bootstrap", large, service.bootstrap),
            .unary("GetBootstrapStatus", most, service.getBootstrapStatus),
            .unary("Upgrade", most, service.upgrade),
            .unary("ListOperations", most, service.listOperations),
            .unary("CancelOperation", most, service.cancelOperation),
            .unary("Activate", most, service.activate),
            .unary("Confirm", most, service.confirm),
            .unary("Rollback", most, service.rollback),
            .unary("UpgradeLoader", most, service.upgradeLoader),
            .unary("Reboot", most, service.reboot),
            .unary("Shutdown", most, service.shutdown),
            .unary("LeaveCluster", most, service.leaveCluster),
            .unary("GetHealth", most, service.getHealth),
            .unary("GetHistory", most, service.getHistory),
            .unary("Explain", most, service.explain),
            .unary("GetConfig", most, service.getConfig),
            .unary("ApplyConfig", large, service.applyConfig),
            .unary("ListServices", most, service.listServices),
            .unary("RestartService", most, service.restartService),
        ]
    }

    private static func streams(_ service: any NodeService, _ most: Int) -> [Method] {
        [
            .stream("WatchOperation", most, service.watchOperation),
            .stream("StreamLogs", most, service.streamLogs),
            .stream("ReadAudit", most, service.readAudit),
            .stream("SupportBundle", most, service.supportBundle),
        ]
    }
}
