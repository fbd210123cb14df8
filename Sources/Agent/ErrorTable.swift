import API
import Slots
import SlotsDisk
import SlotsLayout
import Trust

/// The one table from what the engine and the disk refuse to the reasons of the API.
///
/// No `default`: a new error does not compile before somebody has said what it means to a client.
/// Sentences come from the words of the library that refused.
enum ErrorTable {
    static func reason(_ error: AgentError) -> Keel_V1_Reason {
        switch error {
        case .file(_, _, _): .disk
        case .trust: .internal
        case .node(let error): reason(error)
        case .update(let error): reason(error)
        case .token: .badRequest
        case .history: .disk
        case .state: .internal
        case .cancelled: .cancelled
        case .notRebooted: .noInit
        case .notDrained: .notDrained
        }
    }

    static func reason(_ error: NodeDiskError) -> Keel_V1_Reason {
        switch error {
        case .file: .disk
        case .disk(let error): reason(error)
        case .layout(_, let error): reason(error)
        case .update(let error): reason(error)
        case .loader(let error): reason(error)
        case .noLoader: .loaderRefused
        case .loaderUnread: .loaderRefused
        case .wrongLoader: .loaderRefused
        }
    }

    static func reason(_ error: UpdateError) -> Keel_V1_Reason {
        switch error {
        case .busy: .busy
        case .nothingRuns: .notSettled
        case .notSettled: .notSettled
        case .distrusted: .releaseRefused
        case .badIndex: .releaseRefused
        case .source(let error): reason(error)
        case .wrongChunk: .releaseRefused
        case .notAsWritten: .disk
        case .device: .disk
        case .bootLoader(let error): reason(error)
        case .rollback(let refusal): reason(refusal)
        case .nothingToActivate: .nothingToDo
        case .alreadyRunning: .nothingToDo
        case .cancelled: .cancelled
        }
    }

    static func reason(_ error: SourceError) -> Keel_V1_Reason {
        switch error {
        case .malformed: .releaseRefused
        case .unreachable: .source
        case .answered: .source
        case .untrustedServer: .source
        case .changed: .source
        case .unusable: .badRequest
        }
    }

    static func reason(_ error: BootLoaderError) -> Keel_V1_Reason {
        switch error {
        case .noRecord: .disk
        case .copiesFailed: .disk
        case .nothingTrustedLeft: .notSettled
        case .exhausted: .disk
        }
    }

    static func reason(_ refusal: RollbackRefusal) -> Keel_V1_Reason {
        switch refusal {
        case .nothingRuns: .notSettled
        case .otherFailed: .releaseRefused
        case .nothingThere: .nothingToDo
        case .belowEpochFloor: .releaseRefused
        case .cannotReadState: .releaseRefused
        case .onlyThisBoots: .notSettled
        }
    }

    static func reason(_ error: DiskError) -> Keel_V1_Reason {
        switch error {
        case .busy: .busy
        case .inUse: .disk
        case .isPartition: .disk
        case .notADisk: .disk
        case .sectorSize: .disk
        case .outside: .disk
        case .failed: .disk
        }
    }

    static func reason(_ error: LayoutError) -> Keel_V1_Reason {
        if case .disk(let error) = error { return reason(error) }
        return .disk
    }

    static func reason(_ error: LoaderError) -> Keel_V1_Reason {
        switch error {
        case .device: .disk
        case .damaged: .disk
        case .missing: .disk
        case .tooLarge: .loaderRefused
        case .notALoader: .loaderRefused
        case .signedButNotWhole: .loaderRefused
        case .notInOneSector: .disk
        case .chainTooShort: .disk
        case .crossLinked: .disk
        case .notAsWritten: .disk
        }
    }
}

extension CallFailure {
    /// The refusal of work on the disk, as a client sees it.
    init(_ error: AgentError, truth: String = "") {
        self.init(ErrorTable.reason(error), error.sentence, truth: truth)
    }

    init(_ error: StateError) { self.init(AgentError.state(error)) }
}
