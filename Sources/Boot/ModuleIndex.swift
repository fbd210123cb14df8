/// Which modules there are, what each needs, and which device asks for which: the files that
/// `depmod(8)` makes. Pure.
struct ModuleIndex: Sendable {
    /// By name: the file, and the files it needs, in the order of `modules.dep`.
    private var files: [String: (file: String, needs: [String])] = [:]
    /// What is to be loaded first though no symbol is needed: `modules.softdep`.
    private var before: [String: [String]] = [:]
    /// By the alias's beginning up to its colon.
    private var aliases: [Substring: [(glob: Glob, name: String)]] = [:]

    init(dependencies: String, aliases: String, soft: String) {
        for line in dependencies.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let file = String(line[..<colon])
            let needs = line[line.index(after: colon)...].split(separator: " ").map(String.init)
            files[Self.name(of: file)] = (file, needs)
        }
        for line in aliases.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "alias" else { continue }
            self.aliases[Self.kind(words[1]), default: []].append(
                (Glob(words[1]), Self.name(of: String(words[2])))
            )
        }
        for line in soft.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[0] == "softdep" else { continue }
            let wanted = words.dropFirst(2).drop { $0 != "pre:" }.dropFirst()
                .prefix { $0 != "post:" }
            before[Self.name(of: String(words[1]))] = wanted.map { Self.name(of: String($0)) }
        }
    }

    var isEmpty: Bool { files.isEmpty }

    /// The files to load for a module, what it needs first; empty when there is no such module.
    func files(for name: String) -> [String] {
        var order: [String] = []
        collect(Self.name(of: name), into: &order, depth: 0)
        return order
    }

    /// Names of the modules that a device with this alias asks for.
    func modules(for alias: String) -> [String] {
        (aliases[Self.kind(alias[...])] ?? []).filter { $0.glob.matches(alias) }.map(\.name)
    }

    /// What the kernel calls a module, from its file's name: `-` is `_`.
    static func name(of file: String) -> String {
        let base = file.split(separator: "/").last ?? ""
        return String(base.prefix { $0 != "." }.map { $0 == "-" ? "_" : $0 })
    }

    /// `modules.dep` names every need, the most basic last; softer ones come before them.
    private func collect(_ name: String, into order: inout [String], depth: Int) {
        // Soft needs may form a circle.
        guard depth < 8, let (file, needs) = files[name] else { return }
        for softer in before[name] ?? [] { collect(softer, into: &order, depth: depth + 1) }
        for need in needs.reversed() where !order.contains(need) {
            // What it needs may itself want something softer, such as an algorithm.
            for softer in before[Self.name(of: need)] ?? [] {
                collect(softer, into: &order, depth: depth + 1)
            }
            if !order.contains(need) { order.append(need) }
        }
        if !order.contains(file) { order.append(file) }
    }

    private static func kind(_ alias: Substring) -> Substring {
        alias.prefix { $0 != ":" && $0 != "*" }
    }
}
