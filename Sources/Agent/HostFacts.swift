import Syscalls

/// What the kernel says about the machine, each asked anew.
struct HostFacts: Sendable {
    /// Of this boot.
    let bootID: String

    init() { bootID = Self.line("/proc/sys/kernel/random/boot_id") }

    var hostName: String { Self.line("/proc/sys/kernel/hostname") }

    /// `uname -r`.
    var kernel: String { Self.line("/proc/sys/kernel/osrelease") }

    /// Seconds since the kernel started.
    var uptime: Double {
        Double(Self.line("/proc/uptime").prefix { $0 != " " }) ?? 0
    }

    var commandLine: CommandLine {
        CommandLine(Self.line("/proc/cmdline"), renamed: Self.line("/run/keel/partuuid"))
    }

    var architecture: String { "x86_64" }

    /// Host names and addresses for the certificate, at most 32.
    var names: [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        let host = hostName
        if !host.isEmpty, !names.contains(host) { names.insert(host, at: 0) }
        for address in addresses where !names.contains(address) { names.append(address) }
        return Array(names.prefix(32))
    }

    /// Those by which others reach the machine.
    var addresses: [String] {
        let all =
            Self.addresses(fibTrie: Self.text("/proc/net/fib_trie"))
            + Self.addresses(ifInet6: Self.text("/proc/net/if_inet6"))
        return all.filter { !$0.hasPrefix("127.") && !$0.hasPrefix("169.254.") && $0 != "::1" }
    }

    /// The machine's own IPv4 addresses: in `/proc/net/fib_trie` a line with the address stands
    /// before the line `/32 host LOCAL`.
    static func addresses(fibTrie: String) -> [String] {
        var last = ""
        var found: [String] = []
        for line in fibTrie.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "|--", words.count == 2 {
                last = String(words[1])
            } else if words == ["/32", "host", "LOCAL"], !found.contains(last) {
                found.append(last)
            }
        }
        return found
    }

    /// The machine's own IPv6 addresses that others can reach: of `/proc/net/if_inet6` the lines
    /// `ADDRESS INDEX PREFIX SCOPE FLAGS NAME` in hexadecimal, with global scope. Addresses that
    /// last only a while (RFC 8981), or that are not this machine's for sure yet, are left out.
    static func addresses(ifInet6: String) -> [String] {
        var found: [String] = []
        for line in ifInet6.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 6, words[0].utf8.count == 32, words[3] == "00",
                let flags = UInt32(words[4], radix: 16), flags & passing == 0
            else { continue }
            var groups: [String] = []
            var rest = words[0]
            while let group = UInt16(rest.prefix(4), radix: 16) {
                groups.append(String(group, radix: 16))
                rest = rest.dropFirst(4)
            }
            let address = groups.joined(separator: ":")
            if groups.count == 8, !found.contains(address) { found.append(address) }
        }
        return found
    }

    /// IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_TENTATIVE of `<linux/if_addr.h>`.
    private static let passing: UInt32 = 0x01 | 0x08 | 0x40

    private static func line(_ path: String) -> String {
        String(text(path).prefix { $0 != "\n" })
    }

    private static func text(_ path: String) -> String {
        do {
            return String(decoding: try File.read(path, limit: 1 << 20), as: UTF8.self)
        } catch {
            return ""
        }
    }
}
