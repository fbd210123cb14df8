import Syscalls

@testable import InitLink

/// One end of a connection that says whatever bytes the test wants.
final class RawPeer {
    /// More than any test needs to wait when all is well.
    static let patience = Duration.seconds(20)

    private let stream: LocalStream

    init(_ stream: consuming LocalStream) { self.stream = stream }

    init(connecting path: String) throws {
        stream = try LocalStream(connecting: path, within: Self.patience)
    }

    /// A connection that has said hello and heard it.
    static func greeted(_ path: String) throws -> RawPeer {
        let peer = try RawPeer(connecting: path)
        try peer.send(Frame.wrap(Hello(version: 1).packed()))
        guard try peer.receive() == Hello(version: 1).packed() else { throw Errno.invalid }
        return peer
    }

    /// Sends all of `bytes`, however slowly the other end takes them.
    func send(_ bytes: [UInt8]) throws {
        let end = MonotonicTime.now + Self.patience
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try sendSome(rest)
            rest = rest.dropFirst(count)
            guard count > 0 || Readiness.wait(for: stream.number, .writing, until: end) else {
                throw Errno.timedOut
            }
        }
    }

    /// 0 when there is no room.
    private func sendSome(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        do { return try stream.send(bytes.span) } catch {
            guard error == .wouldBlock else { throw error }
            return 0
        }
    }

    /// The next message; `nil` when the other end closed the connection, whole frame or not.
    func receive() throws -> [UInt8]? {
        let end = MonotonicTime.now + Self.patience
        var reader = FrameReader()
        while true {
            if let message = try reader.next() { return message }
            guard let piece = try piece(until: end, limit: 1) else { return nil }
            reader.append(piece)
        }
    }

    /// Bytes until the other end closes, at most for `patience`.
    func receiveToEnd() throws -> [UInt8] {
        let end = MonotonicTime.now + Self.patience
        var all: [UInt8] = []
        while let piece = try piece(until: end, limit: 65536) { all += piece }
        return all
    }

    private func piece(until end: Duration, limit: Int) throws -> [UInt8]? {
        guard Readiness.wait(for: stream.number, .reading, until: end) else {
            throw Errno.timedOut
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = try receiveSome(&bytes)
        return count == 0 ? nil : Array(bytes[..<count])
    }

    /// 0 at the end, however that came.
    private func receiveSome(_ bytes: inout [UInt8]) throws(Errno) -> Int {
        var span = bytes.mutableSpan
        do { return try stream.receive(into: &span) } catch {
            guard error == .connectionReset else { throw error }
            return 0
        }
    }
}
