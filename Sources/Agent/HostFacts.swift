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

    var commandLine: CommandLine { CommandLine(Self.line("/proc/cmdline")) }

    var architecture: String { "x86_64" }

    /// Host names and addresses for the certificate, at most 32.
    var names: [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        let host = hostName
        if !host.isEmpty, !names.contains(host) { names.insert(host, at: 0) }
        for address in Self.addresses(fibTrie: Self.text("/proc/net/fib_trie"))
        where !names.contains(address) {
            names.append(address)
        }
        return Array(names.prefix(32))
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
