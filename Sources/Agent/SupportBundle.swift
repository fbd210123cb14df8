import API
import Archive
import InitLink
import Slots
import SwiftProtobuf

/// Collects what somebody far away needs to understand a node, as a `tar.gz`, piece by piece.
///
/// Every member but the table of processes, which has names and sizes alone, is something that the
/// API shows already, so nothing in it is secret: there is no way from here to the state folder.
struct SupportBundle {
    /// Bytes of one member; what is longer loses its beginning.
    static let memberLimit = 4 << 20
    /// Bytes of one message.
    static let pieceSize = 64 << 10

    private let writer: TarWriter<Never>
    private let packed = Packed()

    /// Throws INTERNAL when no archive can be made.
    init() throws(CallFailure) {
        let packed = packed
        do {
            writer = try TarWriter(compression: .gzip) { (bytes) throws(Never) in
                packed.add(bytes)
            }
        } catch {
            throw Self.failure
        }
    }

    /// Adds a member and sends what is packed so far.
    func add(
        _ name: String,
        _ bytes: [UInt8],
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure) {
        let part = bytes.count > Self.memberLimit ? Array(bytes.suffix(Self.memberLimit)) : bytes
        do {
            try writer.begin("support/\(name)", size: part.count)
            try writer.write(part.span)
        } catch {
            throw Self.failure
        }
        try await drain(send, all: false)
    }

    /// A message in the JSON form of protobuf.
    func add(
        _ name: String,
        _ message: any Message,
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure) {
        var options = JSONEncodingOptions()
        options.preserveProtoFieldNames = true
        let text: [UInt8]
        do { text = try message.jsonUTF8Bytes(options: options) } catch { throw Self.failure }
        try await add(name, text + [10], send)
    }

    /// Ends the archive and sends the rest.
    func finish(
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure) {
        do { try writer.finish() } catch { throw Self.failure }
        try await drain(send, all: true)
    }

    private func drain(
        _ send: Sender<Keel_V1_SupportBundleResponse>,
        all: Bool
    ) async throws(CallFailure) {
        while let piece = packed.take(all: all) {
            var response = Keel_V1_SupportBundleResponse()
            response.data = .init(piece)
            try await send(response)
        }
    }

    private static let failure = CallFailure(.internal, "the support bundle could not be packed.")
}

/// Packed bytes that were not sent yet.
private final class Packed {
    private var bytes: [UInt8] = []

    func add(_ span: Span<UInt8>) {
        for index in span.indices { bytes.append(span[index]) }
    }

    /// A full piece; when `all`, also a smaller one.
    func take(all: Bool) -> [UInt8]? {
        let size = SupportBundle.pieceSize
        guard bytes.count >= size || (all && !bytes.isEmpty) else { return nil }
        let piece = Array(bytes.prefix(size))
        bytes.removeFirst(piece.count)
        return piece
    }
}
