import Slots
import Syscalls

/// Finds the boot loader that goes onto a new disk.
///
/// The one that was asked for, else `BOOTX64.EFI` beside this program or in `../share/keelos`. When
/// the image names one by its digest, only that one will do.
struct LoaderSearch {
    let asked: String?
    /// The folder that this program lies in.
    let programFolder: String

    var places: [String] {
        ["\(programFolder)/BOOTX64.EFI", "\(programFolder)/../share/keelos/BOOTX64.EFI"]
    }

    /// The file and where it was.
    func find(for manifest: Manifest) throws(ToolError) -> (path: String, loader: LoaderFile) {
        if let asked {
            let loader = try LoaderFile(path: asked)
            if let fault = Self.fault(of: loader, for: manifest) { throw .loader(asked, fault) }
            return (asked, loader)
        }
        var first: ToolError?
        for path in places where Self.isThere(path) {
            let loader = try LoaderFile(path: path)
            guard let fault = Self.fault(of: loader, for: manifest) else { return (path, loader) }
            first = first ?? .loader(path, fault)
        }
        throw first ?? .noLoader(places)
    }

    private static func fault(of loader: LoaderFile, for manifest: Manifest) -> LoaderFault? {
        if let expected = manifest.loaderDigest, expected != loader.sha256 {
            return .another(found: loader.sha256, expected: expected)
        }
        if loader.contract < manifest.loaderContract {
            return .tooOld(found: loader.contract, needed: manifest.loaderContract)
        }
        return nil
    }

    private static func isThere(_ path: String) -> Bool {
        do throws(Errno) {
            return try Descriptor(opening: path, for: .reading).status().kind == .file
        } catch {
            return false
        }
    }

    /// The folder of the program that was called as `name`: its own, or the first of the usual
    /// ones that holds it.
    static func folder(ofProgram name: String) -> String {
        if name.contains("/") { return folderName(name) }
        let usual = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return usual.first { isThere("\($0)/\(name)") } ?? "."
    }

    private static func folderName(_ path: String) -> String { ImageTool.folder(of: path) }
}
