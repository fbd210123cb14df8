import Slots

/// What was found and done: the one line that `keel-provision` prints.
struct Answer: Sendable, Hashable {
    enum State: String, Sendable, Hashable, CaseIterable {
        /// It is sound, perhaps after its journal was replayed.
        case ready
        /// It was made just now.
        case made
        /// Something was damaged and is mended.
        case repaired
        /// It holds our file system, which is damaged beyond what may be mended unasked.
        case readOnly = "readonly"
        /// There is none, and none could be made.
        case absent
        /// What lies there is not ours, and was not touched.
        case foreign

        var isUsable: Bool { self == .ready || self == .made || self == .repaired }
    }

    var state: State
    /// The partition's node; `DISK?offset=BYTES` on an image file; empty without a partition.
    var data = ""
    var hasGrown = false
    /// The running slot's identity as the table has it now.
    var partition = ""
    /// For people; one line.
    var sentence: String

    init(_ state: State, _ sentence: String) {
        self.state = state
        self.sentence = sentence
    }

    /// A flat JSON object.
    var line: String {
        var object = FlatJSONWriter()
        object.add("data", data)
        object.add("state", state.rawValue)
        object.add("grown", hasGrown ? 1 : 0)
        object.add("partuuid", partition)
        object.add("sentence", sentence)
        let bytes = object.lines(separator: ", ", open: "{", close: "}")
        return String(decoding: bytes, as: UTF8.self)
    }
}
