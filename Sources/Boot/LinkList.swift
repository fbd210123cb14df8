/// A network interface of hardware, as the kernel shows it.
struct FoundLink: Sendable, Hashable {
    let name: String
    let index: Int
    /// Lower case, with colons.
    let hardware: String
    /// Whether something is at the other end of the cable; false while it is switched off.
    let hasCarrier: Bool

    /// Whether a setting means this link: its name, or its address.
    func isMeant(by match: String) -> Bool { match == name || match.lowercased() == hardware }

    /// The hardware address as it travels; `nil` when it is none of Ethernet's.
    var hardwareBytes: [UInt8]? {
        let parts = hardware.split(separator: ":")
        let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
        return parts.count == 6 && bytes.count == 6 ? bytes : nil
    }
}

/// Reads which links there are, from `/sys/class/net`.
enum LinkList {
    /// The links of hardware (those with a device behind them) that speak Ethernet, by name.
    static func read(from files: any Files) -> [FoundLink] {
        files.list("/sys/class/net").compactMap { name -> FoundLink? in
            let folder = "/sys/class/net/\(name)"
            guard files.exists(folder + "/device"), files.text(folder + "/type") == "1",
                let index = files.text(folder + "/ifindex").flatMap({ Int($0) }),
                let hardware = files.text(folder + "/address")
            else { return nil }
            return FoundLink(
                name: name,
                index: index,
                hardware: hardware.lowercased(),
                hasCarrier: files.text(folder + "/carrier") == "1"
            )
        }.sorted { Natural.isLess($0.name, $1.name) }
    }
}
