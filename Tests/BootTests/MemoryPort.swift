import InitLink
import Syscalls

@testable import Boot

/// A link's DHCP server, in memory: answers as QEMU's does.
final class MemoryPort: PacketPort {
    let number: CInt = 99
    private(set) var kinds: [DHCPMessage.Kind] = []
    private var waiting: [[UInt8]] = []
    var isSilent = false

    func send(_ bytes: [UInt8], to address: UInt32, port: UInt16) throws(Errno) {
        guard let message = DHCPMessage(parsing: bytes), let kind = message.kind else { return }
        kinds.append(kind)
        guard !isSilent else { return }
        if kind == .discover { waiting.append(DHCPBytes.qemu(2, exchange: message.exchange)) }
        if kind == .request { waiting.append(DHCPBytes.qemu(5, exchange: message.exchange)) }
    }

    func receive() throws(Errno) -> [UInt8]? { waiting.isEmpty ? nil : waiting.removeFirst() }
}

/// Services that live in memory.
final class MemoryHands: ServiceHands {
    var log: [String] = []
    private(set) var alive: [String: Int32] = [:]
    private var ended: [(process: Int32, how: String)] = []
    private var written: [(service: String, line: String)] = []
    private var next: Int32 = 100
    var missing: Set<String> = []
    /// Those who end at once when they are asked.
    var isObedient = true
    /// What ends by itself right after its start.
    var mortal: Set<String> = []

    func start(_ spec: ServiceSpec, disk: String) throws(Errno) -> Int32 {
        if missing.contains(spec.name) { throw .noEntry }
        next += 1
        log.append("start \(spec.command(disk: disk).joined(separator: " "))")
        alive[spec.name] = next
        if mortal.contains(spec.name) { end(spec.name, "exit 1") }
        return next
    }

    func ask(_ process: Int32) {
        guard let name = alive.first(where: { $0.value == process })?.key else { return }
        log.append("ask \(name)")
        if isObedient { end(name, "signal 15") }
    }

    func kill(_ name: String, _ process: Int32) {
        log.append("kill \(name)")
        end(name, "signal 9")
    }

    func end(_ name: String, _ how: String) {
        guard let process = alive.removeValue(forKey: name) else { return }
        ended.append((process, how))
    }

    func write(_ service: String, _ line: String) { written.append((service, line)) }

    func reap() -> (process: Int32, how: String)? { ended.isEmpty ? nil : ended.removeFirst() }
    func killEverything() { log.append("kill everything") }
    var outputs: [CInt] { [] }
    func collect() -> [(service: String, line: String)] {
        defer { written = [] }
        return written
    }
}
