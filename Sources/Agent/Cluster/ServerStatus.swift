/// What an API server says of a request beside its HTTP status: a `Status` of `meta/v1`.
struct ServerStatus: Sendable, Hashable {
    /// The request was not granted, whatever the HTTP status says.
    let isFailure: Bool
    let code: Int?
    /// Short and without line breaks.
    let message: String
    /// The kind of what it is about, such as `pods`; empty when it does not say.
    let kind: String
    /// Of the cause `DisruptionBudget`, when that is one.
    let budget: String?

    /// Longer messages are cut.
    static let messageLimit = 300

    /// `nil` for anything but a Status.
    init?(_ object: JSONObject) {
        guard object.text("kind") == "Status" else { return nil }
        isFailure = object.text("status") == "Failure"
        code = object.number("code")
        message = Self.line(object.text("message") ?? "")
        let details = object.object("details")
        kind = details?.text("kind") ?? ""
        let cause = details?.objects("causes").first { $0.text("reason") == "DisruptionBudget" }
        budget = cause.map { Self.line($0.text("message") ?? "") }
    }

    /// Fit to stand within a sentence.
    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.prefix(messageLimit + 1).unicodeScalars {
            let isVisible =
                scalar.properties.generalCategory != .control && !scalar.properties.isWhitespace
            line.unicodeScalars.append(isVisible ? scalar : " ")
        }
        if line.count > messageLimit { return line.prefix(messageLimit) + "..." }
        while let last = line.last, last == "." || last == " " { line.removeLast() }
        return line
    }
}
