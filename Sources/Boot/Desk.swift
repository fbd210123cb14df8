import InitLink
import Synchronization
import Syscalls

/// Where the control socket's thread leaves what only the loop may do, and waits for the answer.
final class Desk: Init {
    /// What the loop is asked.
    enum Request: Sendable, Hashable {
        case restart(String)
        case end(Ending, reason: String)
        case apply(NetworkSettings)
    }

    /// What the loop last said of itself, for answers that need not wait.
    struct Notice: Sendable {
        var services: [ServiceState] = []
        var trial: TrialState?
    }

    typealias Answer = Result<ServiceState?, InitFailure>

    /// One request on its way.
    final class Order: Sendable {
        let request: Request
        private let answer = Mutex<Answer>(.failure(.disconnected))
        private let done = Semaphore(0)

        init(_ request: Request) { self.request = request }

        func give(_ answer: Answer) {
            self.answer.withLock { $0 = answer }
            done.signal()
        }

        func wait() -> Answer {
            done.wait()
            return answer.withLock { $0 }
        }
    }

    private struct State {
        var orders: [Order] = []
        var notice = Notice()
        var isHeard = false
    }

    private let state = Mutex(State())
    private let wake: WakeUp
    private let kernel: PlainHost
    private let rings: LogRings

    init(rings: LogRings) throws(Errno) {
        self.rings = rings
        wake = try WakeUp()
        kernel = PlainHost(log: rings.own, started: 0, allowsReboot: false)
    }

    // MARK: The loop's side

    /// Readable when somebody asks.
    var number: CInt { wake.number }

    func takeOrders() -> [Order] {
        wake.clear()
        return state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    func post(_ notice: Notice) { state.withLock { $0.notice = notice } }

    /// Whether anybody asked anything yet.
    var isHeard: Bool { state.withLock { $0.isHeard } }

    // MARK: The control socket's side

    func services() throws(InitFailure) -> [ServiceState] { heard { $0.notice.services } }

    func restart(_ name: String) throws(InitFailure) -> ServiceState {
        guard let state = try ask(.restart(name)) else { throw .notFound(service: name) }
        return state
    }

    func logs(_ query: LogQuery) throws(InitFailure) -> LogPage {
        heard { _ in }
        if query.service == PlainHost.kernel { return try kernel.logs(query) }
        guard let ring = rings.existing(query.service) else {
            throw .notFound(service: query.service)
        }
        return ring.page(for: query)
    }

    func reboot(reason: String) throws(InitFailure) {
        _ = try ask(.end(.restart, reason: reason))
    }

    func powerOff(reason: String) throws(InitFailure) {
        _ = try ask(.end(.powerOff, reason: reason))
    }

    func apply(_ settings: NetworkSettings) throws(InitFailure) { _ = try ask(.apply(settings)) }

    func trial() throws(InitFailure) -> TrialState? { heard { $0.notice.trial } }

    func clock() throws(InitFailure) -> ClockState {
        heard { _ in }
        return try kernel.clock()
    }

    @discardableResult
    private func heard<Value: Sendable>(_ read: (State) -> Value) -> Value {
        state.withLock { state in
            state.isHeard = true
            return read(state)
        }
    }

    /// The loop answers every order, also while it ends; it cannot be gone before the machine is.
    private func ask(_ request: Request) throws(InitFailure) -> ServiceState? {
        let order = Order(request)
        state.withLock { state in
            state.isHeard = true
            state.orders.append(order)
        }
        wake.signal()
        return try order.wait().get()
    }
}

/// How the machine's life ends.
enum Ending: Sendable, Hashable {
    case restart
    case powerOff
}
