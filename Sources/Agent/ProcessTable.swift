import Syscalls

/// The machine's processes as `/proc` shows them: what there is to see on a node that nobody can
/// log in to. Names and sizes, no arguments: those may hold secrets.
///
/// Source: `proc(5)`, `/proc/PID/status`.
struct ProcessTable: Sendable {
    struct Process: Sendable, Hashable {
        var number: Int
        var parent: Int
        var state: String
        var threads: Int
        /// KiB of memory, those that others share too; 0 for a thread of the kernel.
        var resident: Int
        /// The most that ever was.
        var peak: Int
        var name: String
    }

    /// More processes than this are left out.
    private static let limit = 4096

    let processes: [Process]

    /// Those of now. One that ends meanwhile is left out.
    init(folder: String = "/proc") {
        let names = (try? Directory.names(at: folder)) ?? []
        processes = names.lazy.filter { Int($0) != nil }.prefix(Self.limit).compactMap { name in
            guard let bytes = try? File.read("\(folder)/\(name)/status", limit: 64 << 10) else {
                return nil
            }
            return Process(status: String(decoding: bytes, as: UTF8.self))
        }
        .sorted { $0.number < $1.number }
    }

    /// A line for each, under a head.
    var text: String {
        let head = Self.line("PID", "PARENT", "STATE", "THREADS", "RSS KiB", "PEAK KiB", "NAME")
        let lines = processes.map { each in
            Self.line(
                "\(each.number)",
                "\(each.parent)",
                each.state,
                "\(each.threads)",
                "\(each.resident)",
                "\(each.peak)",
                each.name
            )
        }
        return ([head] + lines).joined(separator: "\n") + "\n"
    }

    private static func line(_ words: String...) -> String {
        words.dropLast().map { String(repeating: " ", count: max(0, 9 - $0.utf8.count)) + $0 }
            .joined(separator: " ") + "  " + (words.last ?? "")
    }
}

extension ProcessTable.Process {
    /// `nil` for what is no such file.
    init?(status: String) {
        var fields: [Substring: Substring] = [:]
        for line in status.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
                .drop { $0 == " " || $0 == "\t" }
        }
        func count(_ name: Substring) -> Int? {
            fields[name].flatMap { Int($0.prefix { $0.isNumber }) }
        }
        guard let number = count("Pid"), let parent = count("PPid"), let name = fields["Name"]
        else {
            return nil
        }
        self.number = number
        self.parent = parent
        self.name = String(name)
        state = fields["State"].map { String($0.prefix(1)) } ?? ""
        threads = count("Threads") ?? 0
        resident = count("VmRSS") ?? 0
        peak = count("VmHWM") ?? 0
    }
}
