import Syscalls

/// The file systems that are no disk's.
enum PseudoFiles {
    private static let plain: Mounts.Options = [.noSetUser, .noDevices, .noPrograms]

    /// What the first stage cannot do without. `/proc`, `/sys` and `/dev` are there before the
    /// first line of Swift.
    static func mountFirst(on ground: any Ground) {
        if !ground.exists("/proc/self") {
            mount("proc", "/proc", plain, on: ground)
        }
        if !ground.exists("/sys/class") {
            mount("sysfs", "/sys", plain, on: ground)
        }
        if !ground.exists("/dev/null") {
            mount("devtmpfs", "/dev", .noSetUser, "mode=0755", on: ground)
        }
        // Our own lines must not be lost because there were ten in five seconds.
        if ground.text("/proc/sys/kernel/printk_devkmsg") != "on" {
            Settings.put("on\n", "/proc/sys/kernel/printk_devkmsg", on: ground)
        }
        folder("/run", on: ground)
        mount("tmpfs", "/run", [.noSetUser, .noDevices], "mode=0755,size=64m", on: ground)
    }

    /// What the running system needs besides.
    static func mountRest(on ground: any Ground) {
        for path in ["/dev/pts", "/dev/shm", "/dev/mqueue"] { folder(path, on: ground) }
        mount(
            "devpts",
            "/dev/pts",
            [.noSetUser, .noPrograms],
            "mode=0620,ptmxmode=0666",
            on: ground
        )
        mount("tmpfs", "/dev/shm", [.noSetUser, .noDevices], "mode=1777", on: ground)
        mount("mqueue", "/dev/mqueue", plain, on: ground)
        mount("tmpfs", "/tmp", [.noSetUser, .noDevices], "mode=1777,size=25%", on: ground)
        mount("cgroup2", "/sys/fs/cgroup", plain, "nsdelegate", on: ground)
        mount("bpf", "/sys/fs/bpf", plain, "mode=0700", on: ground)
        mount("securityfs", "/sys/kernel/security", plain, on: ground)
        if ground.exists("/sys/fs/pstore") { mount("pstore", "/sys/fs/pstore", plain, on: ground) }
        // Containers must see what is mounted for them later.
        do throws(Errno) {
            try ground.mount(Mount(source: "none", target: "/", options: [.shared, .recursive]))
        } catch {
            ground.say("mounts are not shared: \(error)")
        }
    }

    private static func mount(
        _ type: String,
        _ target: String,
        _ options: Mounts.Options,
        _ data: String = "",
        on ground: any Ground
    ) {
        do throws(Errno) {
            try ground.mount(
                Mount(source: type, target: target, type: type, options: options, data: data)
            )
        } catch {
            // A second start of the stage finds it mounted.
            if error != .busy { ground.say("\(target) is not mounted: \(error)") }
        }
    }

    private static func folder(_ path: String, on ground: any Ground) {
        do throws(Errno) { try ground.makeFolder(path, permissions: 0o755) } catch {
            ground.say("\(path) is not there: \(error)")
        }
    }
}

/// The initramfs, which lies in memory until its files are gone.
enum OldRoot {
    /// Removes its modules and its program; what stays is small. Only below names that the
    /// initramfs has and where nothing is mounted.
    static func clear(on ground: any Ground) {
        remove("/lib/modules", depth: 0, on: ground)
        do { try ground.remove("/init") } catch {}
    }

    private static func remove(_ path: String, depth: Int, on ground: any Ground) {
        guard depth < 16 else { return }
        do { return try ground.remove(path) } catch {}
        for name in ground.list(path) { remove("\(path)/\(name)", depth: depth + 1, on: ground) }
        do { try ground.removeFolder(path) } catch {}
    }
}
