import CYaml

/// A step of a document, and the line it begins on, from 1.
struct YAMLEvent: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case scalar(String, isPlain: Bool)
        case list
        case map
        /// Of the innermost list or map that is open.
        case close
        /// Of all documents.
        case end
    }

    let kind: Kind
    let line: Int
}

/// The steps of YAML documents as libyaml finds them. Where one begins or ends is no step.
@safe
struct YAMLEvents: ~Copyable {
    // yaml_parser_t*
    private let handle: UnsafeMutablePointer<yaml_parser_t>
    /// What is parsed: libyaml keeps a pointer into it.
    private let text: UnsafeMutableBufferPointer<UInt8>
    private var documents = 0

    /// Copies `bytes`, which are UTF-8: nothing in it begins as UTF-16 does, so libyaml takes it
    /// for what it is, and passes over a byte order mark.
    init(_ bytes: Span<UInt8>) {
        // Sound: as long as `bytes`, copied into at once, and owned from here on.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe bytes.withUnsafeBufferPointer { unsafe copy.initialize(from: $0) }
        unsafe text = copy
        // Sound: room for one parser, which libyaml fills; owned from here on.
        unsafe handle = .allocate(capacity: 1)
        // Sound: as above.
        guard unsafe yaml_parser_initialize(handle) == 1 else {
            preconditionFailure("there is memory for a YAML parser")
        }
        // Sound: `text` stays where it is until `deinit`; its length goes along.
        unsafe yaml_parser_set_input_string(handle, text.baseAddress, text.count)
    }

    deinit {
        // Sound: both are owned by this value, and used no more.
        unsafe yaml_parser_delete(handle)
        unsafe handle.deallocate()
        unsafe text.deallocate()
    }

    /// The next step; `.end` once, after the last.
    ///
    /// Throws for what is no YAML, an anchor, an alias, a tag and a second document.
    /// C function: `yaml_parser_parse`.
    mutating func next() throws(YAMLFault) -> YAMLEvent {
        while true {
            var event = unsafe yaml_event_t()
            // Sound: fills the local, whose contents are ours when 1 is returned.
            guard unsafe yaml_parser_parse(handle, &event) == 1 else { throw fault() }
            // Sound: frees what the call above made; nothing of it was kept.
            defer { unsafe yaml_event_delete(&event) }
            // Sound: the event is alive.
            if let step = unsafe try step(event) { return step }
        }
    }

    /// `nil` for the begin and the end of a document or of the whole.
    private mutating func step(_ event: yaml_event_t) throws(YAMLFault) -> YAMLEvent? {
        // Sound: reads a number.
        let line = unsafe Int(event.start_mark.line) + 1
        // Sound: reads the kind, by which the right member of the union is read.
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT:
            documents += 1
            if documents > 1 { throw YAMLFault(line, .secondDocument) }
            return nil
        case YAML_ALIAS_EVENT: throw YAMLFault(line, .alias)
        case YAML_SCALAR_EVENT:
            // Sound: it is a scalar, alive during the call.
            return YAMLEvent(kind: try unsafe scalar(event.data.scalar, line), line: line)
        case YAML_SEQUENCE_START_EVENT:
            // Sound: it is a list; pointers are only compared with nil.
            try unsafe check(event.data.sequence_start.anchor, event.data.sequence_start.tag, line)
            return YAMLEvent(kind: .list, line: line)
        case YAML_MAPPING_START_EVENT:
            // Sound: it is a map; pointers are only compared with nil.
            try unsafe check(event.data.mapping_start.anchor, event.data.mapping_start.tag, line)
            return YAMLEvent(kind: .map, line: line)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            return YAMLEvent(kind: .close, line: line)
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return YAMLEvent(kind: .end, line: line)
        default: return nil
        }
    }

    private func scalar(
        _ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar,
        _ line: Int
    ) throws(YAMLFault) -> YAMLEvent.Kind {
        // Sound: pointers are only compared with nil.
        try unsafe check(scalar.anchor, scalar.tag, line)
        // Sound: the value has `length` bytes, copied here.
        let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        // Sound: reads a number.
        return .scalar(text, isPlain: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE)
    }

    private func check(
        _ anchor: UnsafeMutablePointer<yaml_char_t>?,
        _ tag: UnsafeMutablePointer<yaml_char_t>?,
        _ line: Int
    ) throws(YAMLFault) {
        // Sound: pointers are only compared with nil.
        if unsafe anchor != nil { throw YAMLFault(line, .alias) }
        if unsafe tag != nil { throw YAMLFault(line, .tag) }
    }

    private func fault() -> YAMLFault {
        // Sound: the parser is alive; `problem` is nil or one of libyaml's literals.
        let problem = unsafe handle.pointee.problem.map { unsafe String(cString: $0) }
        // Sound: reads a number.
        let line = unsafe Int(handle.pointee.problem_mark.line) + 1
        // Sound: reads a number; a reader's error has no mark.
        let isPlaced = unsafe handle.pointee.error != YAML_READER_ERROR
        return YAMLFault(
            isPlaced ? line : nil,
            .syntax(problem ?? "there is no memory to read it")
        )
    }
}
