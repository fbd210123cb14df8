import Syscalls

/// The declared services.
enum ServiceFiles {
    static let folder = "/etc/keel/services"
    static let limit = 32

    /// Every file that describes one; a bad one is said and passed over, the others run.
    static func read(on ground: any Ground) -> [ServiceSpec] {
        var specs: [ServiceSpec] = []
        for name in ground.list(folder).prefix(limit) where name.hasSuffix(".json") {
            do {
                let bytes = try ground.read("\(folder)/\(name)", limit: 64 << 10)
                let spec = try ServiceSpec(parsing: bytes)
                guard !specs.contains(where: { $0.name == spec.name }) else {
                    ground.say("\(name): there is a service \(spec.name) already")
                    continue
                }
                specs.append(spec)
            } catch let fault as ServiceSpec.Fault {
                ground.say("\(name) is no service: \(fault.words)")
            } catch {
                ground.say("\(name) cannot be read: \(error)")
            }
        }
        return specs
    }
}
