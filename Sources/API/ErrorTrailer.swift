import SwiftProtobuf

/// The detail of a failure in a call's trailing metadata, and the sentence in its status message.
///
/// Peers take 8 KiB of metadata in all. The core writes binary values as base64 (4/3) and escapes
/// the message (up to 3 times its bytes), so both are cut to fit.
enum ErrorTrailer {
    /// The `-bin` makes it binary for every gRPC implementation.
    static let key = "keel-error-bin"
    static let detailLimit = 3072
    static let messageLimit = 768

    /// The detail as bytes: whole, or without what has the least to say.
    static func encode(_ detail: Keel_V1_ErrorDetail) -> [UInt8]? {
        var detail = detail
        if let bytes = bytes(of: detail) { return bytes }
        detail.operation.clearPlan()
        detail.operation.clearError()
        detail.sentence = cut(detail.sentence, to: messageLimit)
        detail.truth = cut(detail.truth, to: messageLimit)
        if let bytes = bytes(of: detail) { return bytes }
        detail.clearOperation()
        return bytes(of: detail)
    }

    static func decode(_ bytes: [UInt8]) -> Keel_V1_ErrorDetail? {
        do { return try Keel_V1_ErrorDetail(serializedBytes: bytes) } catch { return nil }
    }

    /// The first `limit` bytes of a text, not ending in the middle of a character.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit - 3)
        while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "..."
    }

    private static func bytes(of detail: Keel_V1_ErrorDetail) -> [UInt8]? {
        do {
            let bytes: [UInt8] = try detail.serializedBytes()
            return bytes.count <= detailLimit ? bytes : nil
        } catch {
            return nil
        }
    }
}
