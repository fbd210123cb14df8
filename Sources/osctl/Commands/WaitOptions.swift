import ArgumentParser

/// Whether a command stays until the end.
struct WaitOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Stay until it has ended, across a restart")
    var wait = true

    @Option(help: ArgumentHelp("Stay this long at most: 90s, 10m, 2h", valueName: "time"))
    var timeout = Stretch(seconds: 1800)
}

/// Whether the node restarts into what was armed.
struct RebootOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Restart the node when the slot is armed")
    var reboot = false

    @Option(
        help: ArgumentHelp("Name the request; the same name is the same request", valueName: "id")
    )
    var requestId: String?

    func validate() throws {
        guard let requestId else { return }
        let isName = requestId.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isName, (8...64).contains(requestId.utf8.count) else {
            throw ValidationError("--request-id takes 8 to 64 letters, digits, dots or dashes")
        }
    }
}
