import Slots
import Syscalls

/// Loads the modules that the machine's devices ask for, by the aliases in `/sys`.
struct Modules {
    /// Which devices are served.
    enum Wish: Sendable, Hashable {
        /// Only what may lead to a disk: the root must be found first.
        case storage
        case everything
    }

    private let ground: any Ground
    private let folder: String
    private let index: ModuleIndex
    private var tried: Set<String> = []
    private var loaded: Set<String> = []

    /// Reads what there is for this kernel below `/lib/modules`.
    init(on ground: any Ground) {
        self.ground = ground
        let release = ground.text("/proc/sys/kernel/osrelease") ?? ""
        let folder = "/lib/modules/\(release)"
        self.folder = folder
        func text(_ name: String) -> String {
            ground.text("\(folder)/\(name)", limit: 16 << 20) ?? ""
        }
        index = ModuleIndex(
            dependencies: text("modules.dep"),
            aliases: text("modules.alias"),
            soft: text("modules.softdep")
        )
    }

    var isEmpty: Bool { index.isEmpty }

    /// How many were loaded so far.
    var count: Int { loaded.count }

    /// Loads for every device whose turn it was not yet; true when there was one.
    mutating func loadForDevices(_ wish: Wish) -> Bool {
        guard !index.isEmpty else { return false }
        var isNew = false
        for alias in aliases() where !tried.contains(alias) {
            guard wish == .everything || Self.mayBeStorage(alias) else { continue }
            tried.insert(alias)
            isNew = true
            for name in index.modules(for: alias) { load(name) }
        }
        return isNew
    }

    /// Loads a module and what it needs; false when it is not there, or the kernel refuses.
    @discardableResult
    mutating func load(_ name: String, parameters: String = "") -> Bool {
        let files = index.files(for: name)
        var isGood = !files.isEmpty
        for file in files where !loaded.contains(file) {
            do throws(Errno) {
                try ground.loadModule(
                    folder + "/" + file,
                    parameters: file == files.last ? parameters : ""
                )
            } catch {
                guard error == .exists else {
                    // A driver without its device is no news.
                    if error != Self.noDevice { ground.say("module \(file) is refused: \(error)") }
                    isGood = false
                    continue
                }
            }
            loaded.insert(file)
        }
        return isGood
    }

    /// Loads what a file names: one module a line, parameters behind it, `#` begins a comment.
    mutating func loadNamed(in path: String) {
        for line in (ground.text(path) ?? "").split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard let name = words.first else { continue }
            load(String(name), parameters: words.count > 1 ? String(words[1]) : "")
        }
    }

    /// What the devices of all buses call themselves, each once.
    private func aliases() -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        for bus in ground.list("/sys/bus") {
            let folder = "/sys/bus/\(bus)/devices"
            for device in ground.list(folder) {
                guard let alias = ground.text("\(folder)/\(device)/modalias", limit: 4096),
                    seen.insert(alias).inserted
                else { continue }
                found.append(alias)
            }
        }
        return found
    }

    /// PCI class 01, virtio block and SCSI devices, everything on SCSI, NVMe and MMC buses, USB
    /// storage.
    private static func mayBeStorage(_ alias: String) -> Bool {
        let kinds = ["scsi:", "nvme:", "mmc:", "virtio:d00000002", "virtio:d00000008"]
        return kinds.contains(where: alias.hasPrefix)
            || alias.hasPrefix("pci:") && alias.holds("bc01")
            || alias.hasPrefix("usb:") && alias.holds("ic08")
    }

    private static let noDevice = Errno.noDevice
}
