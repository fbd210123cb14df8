import API
import InitLink
import Logging
import Slots

/// What comes out of the state folder: read, and made where it is missing.
struct DaemonParts {
    let identity: Identity
    let bootstrapper: Bootstrapper
    let clientCA: [UInt8]?
    let configuration: Configuration
    let audit: AuditLog

    init(
        _ state: StateFolder,
        _ host: HostFacts,
        _ initLink: any Init,
        _ clock: @escaping @Sendable () -> Timestamp,
        _ logger: Logger
    ) throws(DaemonError) {
        do {
            identity = try Identity(state: state, names: host.names, now: clock()) { error in
                logger.error(
                    "The new certificate is not kept",
                    metadata: ["error": "\(error.sentence)"]
                )
            }
        } catch {
            throw .identity(error)
        }
        bootstrapper = Bootstrapper(state: state, clock: clock)
        do {
            clientCA = try bootstrapper.clientCA()
        } catch {
            throw .membership(error)
        }
        do throws(CallFailure) { try bootstrapper.tidy() } catch {
            // What is left over is no part of what is in force.
            logger.error("The state folder is not tidy", metadata: ["error": "\(error.sentence)"])
        }
        do {
            configuration = try Configuration(
                store: ConfigStore(state: state),
                initLink: initLink,
                logger: logger
            )
            audit = try AuditLog(state) { error in
                logger.error(
                    "The audit log could not be written",
                    metadata: ["error": "\(error.words)"]
                )
            }
        } catch {
            throw .state(error)
        }
    }
}
