import Slots
import SlotsDisk
import Syscalls
import Trust

// What was refused or failed, on what, expected and found. What is still true is the command's to
// add.

extension ToolError {
    /// One sentence, or two.
    var sentence: String {
        switch self {
        case .system(let verb, let path, let error): "Could not \(verb) \(path): \(error)."
        case .tooLarge(let path, let limit):
            "\(path) is refused: expected at most \(limit) bytes, found more."
        case .exists(let path): "\(path) is there and is not overwritten."
        case .option(let name, let found, let expected):
            "\(name) is refused: expected \(expected), found \"\(found)\"."
        case .key(let path, let error): "\(path) is refused as a key: \(error.words)."
        case .trust(let path, let error): "\(path) is refused as a trust directory: \(error.words)."
        case .squashFS(let path, let fault): "\(path) is refused as a root: \(fault.words)."
        case .loader(let path, let fault): "\(path) is refused as a boot loader: \(fault.words)."
        case .changed(let path): "\(path) changed while it was read."
        case .bundle(let path, let fault): "\(path) is refused as a bundle: \(fault.words)."
        case .manifest(let path, let error): "\(path) is refused: its manifest \(error.words)."
        case .signatures(let path, let error): "\(path) is refused: \(error.words)."
        case .distrust(let path, let error): "\(path) is refused: \(error.words)."
        case .index(let path, let error): "\(path) is refused: its chunk index \(error.words)."
        case .content(let path, let part, let found, let expected):
            "\(path) is refused: \(part.words) has digest \(found), signed is \(expected)."
        case .badSignature(let path, let id):
            "The signature is refused: it is not key \(id)'s over the manifest of \(path)."
        case .notASignature(let path, let size):
            "\(path) is refused as a signature: expected 64 bytes or their base64, "
                + "found \(size) bytes of something else."
        case .unknownKey(let id, let known):
            "Key \(id) is refused: known here is \(known.map(\.hex).joined(separator: ", "))."
        case .tooManySignatures(let limit):
            "The signature is refused: a bundle holds at most \(limit)."
        case .crypto(let error): "The key could not be used: \(error.words)."
        case .disk(let error): "The disk is refused: \(error.words)."
        case .layout(let path, let error): "\(path) could not be laid out: \(error.words)."
        case .device(let path, let error):
            "Could not \(error.operation) \(path) at byte \(error.offset): \(Errno(error.code))."
        case .firmwareFile(let path, let error):
            "\(path) is refused as a boot loader: \(error.words)."
        case .given(let path, let fault):
            "\(path) is refused as something to give a node: \(fault.words)."
        case .noLoader(let places):
            "There is no boot loader: expected --loader, or one of "
                + places.joined(separator: ", ") + "."
        case .notAsWritten(let path): "\(path) did not read back as it was written."
        }
    }
}

extension ToolError.RootPart {
    fileprivate var words: String {
        switch self {
        case .chunk(let number, let offset): "chunk \(number), at byte \(offset) of its root,"
        case .whole: "its root"
        case .tree: "the hash tree over its root"
        }
    }
}

extension SquashFSFault {
    var words: String {
        switch self {
        case .noMagic(let found):
            "expected a SquashFS image, which begins with hsqs, found \(found.hex)"
        case .version(let major, let minor): "expected SquashFS 4.0, found \(major).\(minor)"
        case .compressor(let name):
            "expected gzip, lzo or xz, which the boot loader reads, found \(name)"
        case .size(let size): "expected a multiple of 4096 bytes, 8192 at least, found \(size)"
        case .length(let found, let expected):
            "its superblock asks for a file of \(expected) bytes, found \(found)"
        }
    }
}

extension LoaderFault {
    var words: String {
        switch self {
        case .tooLarge(let size):
            "expected at most \(LoaderFiles.limit) bytes, found \(size) or more"
        case .notAProgram: "expected a program for the firmware, found something else"
        case .noContract: "expected one line \"# KEELOS LOADER CONTRACT n END\" in it"
        case .another(let found, let expected):
            "the image names the one with digest \(expected), this one has \(found)"
        case .tooOld(let found, let needed):
            "the image needs contract \(needed), this one keeps \(found)"
        }
    }
}
