import CYaml

/// Documents as libyaml writes them: block style, two blanks a level, lines of any length.
///
/// A text stands bare where no reader could take it for anything else, as a block when it is made
/// of lines (PEM), else in double quotes.
@safe
struct YAMLText: ~Copyable {
    // yaml_emitter_t*
    private let handle: UnsafeMutablePointer<yaml_emitter_t>
    private let sink = Sink()

    init() {
        // Sound: room for one emitter, which libyaml fills; owned from here on.
        unsafe handle = .allocate(capacity: 1)
        // Sound: as above.
        guard unsafe yaml_emitter_initialize(handle) == 1 else {
            preconditionFailure("there is memory for a YAML emitter")
        }
        // Sound: the sink lives as long as this value, which deletes the emitter first.
        unsafe yaml_emitter_set_output(
            handle,
            addToSink,
            Unmanaged.passUnretained(sink).toOpaque()
        )
        // Sound: these set numbers.
        unsafe yaml_emitter_set_encoding(handle, YAML_UTF8_ENCODING)
        unsafe yaml_emitter_set_width(handle, -1)
        unsafe yaml_emitter_set_unicode(handle, 1)
    }

    deinit {
        // Sound: owned by this value, and used no more.
        unsafe yaml_emitter_delete(handle)
        unsafe handle.deallocate()
    }

    /// The whole text; asked for once.
    consuming func document(_ node: YAMLNode) -> [UInt8] {
        // Sound: each call fills the local event, which `emit` takes; nil is no directive.
        unsafe emit { unsafe yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
        unsafe emit { unsafe yaml_document_start_event_initialize(&$0, nil, nil, nil, 1) }
        write(node)
        // Sound: as above.
        unsafe emit { unsafe yaml_document_end_event_initialize(&$0, 1) }
        unsafe emit { unsafe yaml_stream_end_event_initialize(&$0) }
        return sink.bytes
    }

    private func write(_ node: YAMLNode) {
        switch node.value {
        case .nothing: write("null", YAML_PLAIN_SCALAR_STYLE)
        case .text(let text): write(text, Self.style(text))
        case .list(let items):
            // Sound: as in `document`; nil is no anchor and no tag.
            unsafe emit {
                unsafe yaml_sequence_start_event_initialize(
                    &$0,
                    nil,
                    nil,
                    1,
                    YAML_BLOCK_SEQUENCE_STYLE
                )
            }
            for item in items { write(item) }
            // Sound: as in `document`.
            unsafe emit { unsafe yaml_sequence_end_event_initialize(&$0) }
        case .map(let members):
            // Sound: as in `document`; nil is no anchor and no tag.
            unsafe emit {
                unsafe yaml_mapping_start_event_initialize(
                    &$0,
                    nil,
                    nil,
                    1,
                    YAML_BLOCK_MAPPING_STYLE
                )
            }
            for member in members {
                write(member.name, Self.style(member.name, isName: true))
                write(member.node)
            }
            // Sound: as in `document`.
            unsafe emit { unsafe yaml_mapping_end_event_initialize(&$0) }
        }
    }

    private func write(_ text: String, _ style: yaml_scalar_style_t) {
        let bytes = Array(text.utf8)
        precondition(bytes.count <= Int(Int32.max), "a text fits in an event")
        // Sound: libyaml copies `count` bytes; nil is no anchor and no tag.
        unsafe emit { event in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe yaml_scalar_event_initialize(
                    &event,
                    nil,
                    nil,
                    bytes.baseAddress,
                    Int32(bytes.count),
                    1,
                    1,
                    style
                )
            }
        }
    }

    /// C function: `yaml_emitter_emit`, which frees the event. Fails when memory is gone only.
    private func emit(_ make: (inout yaml_event_t) -> Int32) {
        var event = unsafe yaml_event_t()
        // Sound: the local event is made by `make`, and taken by the emitter.
        let isDone = unsafe make(&event) == 1 && yaml_emitter_emit(handle, &event) == 1
        precondition(isDone, "libyaml writes what it is given")
    }

    /// The emitter falls back to double quotes by itself where a style cannot hold the text.
    private static func style(_ text: String, isName: Bool = false) -> yaml_scalar_style_t {
        if isBare(text) { return YAML_PLAIN_SCALAR_STYLE }
        return !isName && isBlock(text)
            ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE
    }

    private static func isBare(_ text: String) -> Bool {
        let isWord = text.utf8.allSatisfy { byte in
            byte.isLetterOrDigit || "._/-".utf8.contains(byte)
        }
        return isWord && text.utf8.first?.isLetterOrDigit == true
            && !otherWords.contains(text.lowercased())
    }

    /// Lines of plain ASCII, the first not indented, the last one ended.
    private static func isBlock(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x0a }
        let isOdd = text.hasPrefix(" ") || text.hasPrefix("\n") || text.hasSuffix("\n\n")
        return isPlain && !isOdd && text.hasSuffix("\n")
    }

    /// What YAML 1.1 takes for something else than text.
    private static let otherWords: Set = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n",
    ]
}

private final class Sink {
    var bytes: [UInt8] = []
}

/// C type: `yaml_write_handler_t`.
private func addToSink(
    _ context: UnsafeMutableRawPointer?,
    _ bytes: UnsafeMutablePointer<UInt8>?,
    _ count: Int
) -> Int32 {
    // Sound: the context is the sink of a `YAMLText` that is alive.
    guard let context = unsafe context else { return 0 }
    let sink = unsafe Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
    // Sound: libyaml lends `count` bytes for the call; they are copied.
    unsafe sink.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    return 1
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
