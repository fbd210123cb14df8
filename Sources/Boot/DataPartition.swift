import Syscalls

/// The one place that is written to: found, made or checked by `keel-provision`, then mounted on
/// `/var/lib/keel`, with a folder of it in each place of the root that programs write to.
///
/// Whatever is wrong with it, the agent gets a folder: read-only, or in memory.
struct DataPartition {
    static let place = "/var/lib/keel"
    static let provision = "/usr/sbin/keel-provision"
    /// Making a file system, or checking a damaged one, on a slow and large disk.
    private static let patience = Duration.seconds(540)
    /// What the watchdog gets for it: whoever is fed cannot be fed meanwhile.
    static let watchdogSeconds = 600
    /// Folders of the root that get one of the data partition, those that the image has.
    static let pieces = [
        "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/cni", "/var/lib/etcd", "/var/log",
        "/etc/cni/net.d", "/etc/kubernetes",
    ]
    /// Folders that the image fills and programs add to.
    static let layered = ["/opt/cni/bin"]

    /// There while `place` is in memory: the agent then lets nobody take the node.
    static let memoryMark = place + "/in-memory"

    /// What is mounted there.
    enum State: String, Sendable, Hashable {
        case writable
        case readOnly
        /// Everything is lost when the machine stops.
        case memory
    }

    private let ground: any Ground

    init(on ground: any Ground) { self.ground = ground }

    /// Prepares and mounts; says what it found.
    func mount(of handover: Handover) -> State {
        let answer = prepare(handover)
        if let sentence = answer?["sentence"]?.text, !sentence.isEmpty { ground.say(sentence) }
        let state = mount(answer)
        if state == .writable { Leaving(on: ground).run() }
        makePieces(state)
        makeLayers(state)
        return state
    }

    private func prepare(_ handover: Handover) -> NestedJSON? {
        do throws(Errno) {
            let outcome = try ground.run(
                Self.provision,
                ["--disk", handover.disk, "--partuuid", handover.facts.partition],
                within: Self.patience
            )
            let text = String(decoding: outcome.output, as: UTF8.self)
            let answer = text.split(separator: "\n").last.flatMap {
                NestedJSON(parsing: String($0))
            }
            if answer == nil { ground.say("keel-provision gave no answer: \(outcome.end)") }
            return answer
        } catch {
            ground.say("keel-provision does not run: \(error)")
            return nil
        }
    }

    private func mount(_ answer: NestedJSON?) -> State {
        let plain: Mounts.Options = [.noSetUser, .noDevices, .noAccessTimes]
        if let node = answer?["data"]?.text, !node.isEmpty, let word = answer?["state"]?.text {
            let isWritable = ["ready", "made", "repaired"].contains(word)
            if isWritable, mount(node, plain) { return .writable }
            // Its journal is not replayed then, or a damaged one would be written to.
            if isWritable || word == "readonly",
                mount(node, plain.union(.readOnly), data: "noload")
            {
                ground.say("the data partition is mounted read-only")
                return .readOnly
            }
        }
        ground.say("there is no data partition: what is kept is lost when the machine stops")
        do throws(Errno) {
            try ground.mount(
                Mount(
                    source: "tmpfs",
                    target: Self.place,
                    type: "tmpfs",
                    options: plain,
                    data: "mode=0700,size=25%"
                )
            )
            try ground.fill(Self.memoryMark, with: "1\n")
        } catch {
            ground.say("\(Self.place) cannot be written to: \(error)")
        }
        return .memory
    }

    private func mount(_ node: String, _ options: Mounts.Options, data: String? = nil) -> Bool {
        do throws(Errno) {
            try ground.mount(
                Mount(
                    source: node,
                    target: Self.place,
                    type: "ext4",
                    options: options,
                    data: data ?? "errors=remount-ro"
                )
            )
            return true
        } catch {
            ground.say("\(node) is not mounted: \(error)")
            return false
        }
    }

    private func makePieces(_ state: State) {
        if state != .readOnly {
            makeFolder(Self.place + "/var")
        }
        for piece in Self.pieces where ground.exists(piece) {
            let source = "\(Self.place)/var/\(Self.name(of: piece))"
            do throws(Errno) {
                if state == .readOnly {
                    let options: Mounts.Options = [.noSetUser, .noDevices]
                    try ground.mount(
                        Mount(source: "tmpfs", target: piece, type: "tmpfs", options: options)
                    )
                } else {
                    makeFolder(source)
                    try ground.mount(Mount(source: source, target: piece, options: .bind))
                }
            } catch {
                ground.say("\(piece) cannot be written to: \(error)")
            }
        }
    }

    /// What is added lies on the data partition, over the image's own; without it those still work.
    private func makeLayers(_ state: State) {
        guard state != .readOnly else { return }
        for folder in Self.layered where ground.exists(folder) {
            let base = "\(Self.place)/var/" + Self.name(of: folder)
            for path in [base, base + "/upper", base + "/work"] { makeFolder(path) }
            do throws(Errno) {
                try ground.mount(
                    Mount(
                        source: "overlay",
                        target: folder,
                        type: "overlay",
                        options: [.noSetUser, .noDevices],
                        data: "lowerdir=\(folder),upperdir=\(base)/upper,workdir=\(base)/work"
                    )
                )
            } catch {
                ground.say("\(folder) cannot be added to: \(error)")
            }
        }
    }

    private static func name(of folder: String) -> String {
        folder.split(separator: "/").joined(separator: "-")
    }

    private func makeFolder(_ path: String) {
        do throws(Errno) { try ground.makeFolder(path, permissions: 0o755) } catch {
            ground.say("\(path) is not there: \(error)")
        }
    }

    /// Takes everything away again, so that the file system is clean; what is held on to goes
    /// read-only by force of the restart.
    func unmount() {
        for piece in Self.layered + Self.pieces.reversed() where ground.exists(piece) {
            do { try ground.unmount(piece, lazily: true) } catch {}
        }
        do throws(Errno) { try ground.unmount(Self.place, lazily: false) } catch {
            guard error != .invalid else { return }
            ground.say("\(Self.place) is still in use: \(error)")
            do {
                try ground.mount(
                    Mount(source: "none", target: Self.place, options: [.again, .readOnly])
                )
            } catch {}
        }
    }
}
