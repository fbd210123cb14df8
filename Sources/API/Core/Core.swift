import CGRPC

/// The C core as a whole: started once for the process, and never stopped.
///
/// It starts threads: a process that still wants to become a daemon or to leave its namespaces
/// does so first.
enum Core {
    /// C function: `grpc_init`.
    static func start() { _ = started }

    private static let started: Void = {
        CoreLog.attach()
        grpc_init()
    }()

    /// The moment `span` from now, on the clock that never jumps; without a span: never.
    static func deadline(in span: Duration?) -> gpr_timespec {
        guard let span else { return gpr_inf_future(GPR_CLOCK_MONOTONIC) }
        let parts = span.components
        let distance = gpr_timespec(
            tv_sec: parts.seconds,
            tv_nsec: Int32(parts.attoseconds / 1_000_000_000),
            clock_type: GPR_TIMESPAN
        )
        return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), distance)
    }
}

extension Duration {
    /// Whole milliseconds, at most what a C int holds.
    var milliseconds: Int32 {
        let parts = components
        let whole = parts.seconds.multipliedReportingOverflow(by: 1000)
        guard !whole.overflow else { return .max }
        return Int32(clamping: whole.partialValue + parts.attoseconds / 1_000_000_000_000_000)
    }
}
