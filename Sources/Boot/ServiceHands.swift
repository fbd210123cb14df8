import InitLink
import Syscalls

/// What the supervisor's words become.
protocol ServiceHands: AnyObject {
    /// Starts the program; its process.
    func start(_ spec: ServiceSpec, disk: String) throws(Errno) -> Int32
    /// Asks the process to end.
    func ask(_ process: Int32)
    /// Ends the process and all that the service started.
    func kill(_ name: String, _ process: Int32)
    /// One process that ended, whose ever it was.
    func reap() -> (process: Int32, how: String)?
    /// Ends everything else on the machine.
    func killEverything()
    /// Descriptors that become readable when a service wrote something.
    var outputs: [CInt] { get }
    /// Takes what was written; lines for the console and for the black box.
    func collect() -> [(service: String, line: String)]
}

/// Real processes, each service in a control group of its own.
final class RealHands: ServiceHands {
    private static let groups = "/sys/fs/cgroup/keel"
    private static let environment = [
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root",
    ]

    private let ground: any Ground
    private let rings: LogRings
    private var running: [ServiceOutput] = []

    init(on ground: any Ground, rings: LogRings) {
        self.ground = ground
        self.rings = rings
        makeGroups()
    }

    func start(_ spec: ServiceSpec, disk: String) throws(Errno) -> Int32 {
        let command = spec.command(disk: disk)
        let pipe = try Children.pipe()
        enterGroup(spec.name, memoryLimit: spec.memoryLimit)
        defer { enterGroup("init", memoryLimit: 0) }
        let process = try Children.start(
            command[0],
            Array(command.dropFirst()),
            environment: Self.environment,
            output: pipe.sink
        )
        // Whatever takes the memory, the node's own services are the last to go.
        put("-999", "/proc/\(process)/oom_score_adj")
        let ring = rings.ring(for: spec.name)
        running.append(ServiceOutput(spec.name, pipe.closingSink(), ring))
        return process
    }

    func ask(_ process: Int32) { Children.end(process, byForce: false) }

    func kill(_ name: String, _ process: Int32) {
        Children.end(process, byForce: true)
        put("1", "\(Self.groups)/\(name)/cgroup.kill")
    }

    func reap() -> (process: Int32, how: String)? {
        guard let (process, end) = Children.reap() else { return nil }
        switch end {
        case .exited(let code): return (process, "exit \(code)")
        case .killed(let signal): return (process, "signal \(signal)")
        }
    }

    func killEverything() { Children.endAll() }

    var outputs: [CInt] { running.map(\.number) }

    func collect() -> [(service: String, line: String)] {
        var lines: [(service: String, line: String)] = []
        for output in running { lines += output.read().map { (output.service, $0) } }
        running.removeAll(where: \.isOver)
        return lines
    }

    private func makeGroups() {
        let controllers = "+cpu +memory +pids +io +cpuset"
        put(controllers, "/sys/fs/cgroup/cgroup.subtree_control")
        makeFolder(Self.groups)
        put(controllers, Self.groups + "/cgroup.subtree_control")
        enterGroup("init", memoryLimit: 0)
    }

    /// A child begins in its parent's group: so we go there, start it, and come back. Nothing that
    /// it starts at once can be left out.
    private func enterGroup(_ name: String, memoryLimit: Int) {
        let folder = "\(Self.groups)/\(name)"
        makeFolder(folder)
        if memoryLimit > 0 { put(String(memoryLimit), folder + "/memory.max") }
        put("0", folder + "/cgroup.procs")
    }

    private func makeFolder(_ path: String) {
        do { try ground.makeFolder(path, permissions: 0o755) } catch {}
    }

    /// Without control groups a service runs all the same.
    private func put(_ text: String, _ path: String) {
        do { try ground.put(text, to: path) } catch {}
    }
}

/// What one process of a service writes.
private final class ServiceOutput {
    let service: String
    private let source: Descriptor
    private let ring: LogRing
    private var cutter = LineCutter()
    private(set) var isOver = false

    init(_ service: String, _ source: consuming Descriptor, _ ring: LogRing) {
        self.service = service
        self.source = source
        self.ring = ring
    }

    var number: CInt { source.number }

    /// Takes at most 64 KiB, so that one loud service does not hold up the others.
    func read() -> [String] {
        var lines: [[UInt8]] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        for _ in 0..<4 where !isOver {
            do {
                var span = piece.mutableSpan
                let count = try source.readNext(into: &span)
                lines += cutter.add(piece[..<count])
                if count == 0 { isOver = true }
            } catch {
                if error == .wouldBlock { break }
                isOver = true
            }
        }
        if isOver, let rest = cutter.end() { lines.append(rest) }
        for line in lines {
            ring.append(LogLine(time: RealGround.nanoseconds, level: .info, text: line))
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
