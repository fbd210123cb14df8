import Slots
import SlotsDisk
import Trust

/// A boot loader, `BOOTX64.EFI`: the contract its policy script keeps, and its digest.
struct LoaderFile: Equatable {
    let contract: Int
    let sha256: Digest
    let bytes: [UInt8]

    /// Reads the contract from the line `# KEELOS LOADER CONTRACT <n> END` inside the program.
    init(_ bytes: [UInt8]) throws(LoaderFault) {
        guard bytes.count <= LoaderFiles.limit else { throw .tooLarge(size: bytes.count) }
        guard LoaderImage.isProgram(bytes) else { throw .notAProgram }
        guard let contract = LoaderImage.contract(of: bytes),
            (1...Int(UInt16.max)).contains(contract)
        else { throw .noContract }
        self.contract = contract
        sha256 = OpenSSLHashing().sha256(bytes.span)
        self.bytes = bytes
    }

    init(path: String) throws(ToolError) {
        let bytes = try readFile(path, limit: LoaderFiles.limit + 1)
        do throws(LoaderFault) {
            try self.init(bytes)
        } catch {
            throw .loader(path, error)
        }
    }
}

/// Why a file is not a boot loader of ours.
enum LoaderFault: Error, Equatable {
    case tooLarge(size: Int)
    /// It does not begin like a program for the firmware.
    case notAProgram
    /// No contract is stated, or several that differ.
    case noContract
    /// The image names another one.
    case another(found: Digest, expected: Digest)
    /// The image needs a newer one.
    case tooOld(found: Int, needed: Int)
}
