import Slots
import Syscalls

/// The kernel's settings: what a Kubernetes node needs, and what closes doors.
enum Settings {
    /// In this order. The ones that are not there are passed over: a kernel may lack a part.
    static let values: [(path: String, value: String)] = [
        ("kernel/dmesg_restrict", "1"),
        ("kernel/kptr_restrict", "2"),
        ("kernel/unprivileged_bpf_disabled", "1"),
        ("kernel/yama/ptrace_scope", "1"),
        ("kernel/sysrq", "0"),
        ("kernel/kexec_load_disabled", "1"),
        ("kernel/core_pattern", "|/bin/false"),
        ("fs/suid_dumpable", "0"),
        ("fs/protected_hardlinks", "1"),
        ("fs/protected_symlinks", "1"),
        ("fs/protected_fifos", "1"),
        ("fs/protected_regular", "2"),
        ("fs/inotify/max_user_instances", "8192"),
        ("fs/inotify/max_user_watches", "524288"),
        // What kubelet insists on.
        ("vm/overcommit_memory", "1"),
        ("vm/panic_on_oom", "0"),
        ("kernel/panic", "10"),
        ("kernel/panic_on_oops", "1"),
        ("kernel/keys/root_maxkeys", "1000000"),
        ("kernel/keys/root_maxbytes", "25000000"),
        ("net/ipv4/ip_forward", "1"),
        ("net/ipv6/conf/all/forwarding", "1"),
        // Addresses by router advertisement although packets are forwarded.
        ("net/ipv6/conf/default/accept_ra", "2"),
        ("net/ipv4/conf/all/accept_redirects", "0"),
        ("net/ipv4/conf/default/accept_redirects", "0"),
        ("net/ipv4/conf/all/send_redirects", "0"),
        ("net/bridge/bridge-nf-call-iptables", "1"),
        ("net/bridge/bridge-nf-call-ip6tables", "1"),
    ]

    static func apply(on ground: any Ground) {
        for (path, value) in values { put(value, "/proc/sys/" + path, on: ground) }
    }

    /// While a slot is on trial, a machine that hangs restarts; afterwards a slow disk is no
    /// reason to.
    static func setTrial(_ isOnTrial: Bool, on ground: any Ground) {
        let value = isOnTrial ? "1" : "0"
        put(value, "/proc/sys/kernel/hung_task_panic", on: ground)
        put(value, "/proc/sys/kernel/softlockup_panic", on: ground)
    }

    /// No unsigned module, no writing to the kernel's memory, from here on until the restart.
    static func lockDown(on ground: any Ground) {
        let path = "/sys/kernel/security/lockdown"
        guard let state = ground.text(path), state.holds("[none]") else { return }
        put("integrity", path, on: ground)
    }

    static func put(_ value: String, _ path: String, on ground: any Ground) {
        do throws(Errno) { try ground.put(value, to: path) } catch {
            if error != .noEntry { ground.say("\(path) stays as it is: \(error)") }
        }
    }
}
