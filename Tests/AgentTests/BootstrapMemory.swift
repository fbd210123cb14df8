import Slots
import Synchronization
import Syscalls

@testable import Agent

/// A state folder in memory, which can fail or be cut off at any write or removal.
final class BootstrapMemory: BootstrapState {
    private struct Contents {
        var files: [String: [UInt8]] = [:]
        /// Changes left before one fails.
        var changesLeft = Int.max
        /// Whether the change that fails happens all the same.
        var failsAfterwards = false
        var changes = 0
    }

    private let contents: Mutex<Contents>

    init(_ files: [String: [UInt8]] = [:]) {
        contents = Mutex(Contents(files: files))
    }

    var files: [String: [UInt8]] { contents.withLock { $0.files } }
    var changes: Int { contents.withLock { $0.changes } }

    func text(_ name: String) -> String? {
        files[name].map { String(decoding: $0, as: UTF8.self) }
    }

    /// The power goes with the change after `count` more.
    func fail(after count: Int, afterwards: Bool) {
        contents.withLock { contents in
            contents.changesLeft = count
            contents.failsAfterwards = afterwards
        }
    }

    func put(_ name: String, _ bytes: [UInt8]?) {
        contents.withLock { $0.files[name] = bytes }
    }

    func read(_ name: String, limit: Int) throws(StateError) -> [UInt8]? {
        guard let bytes = files[name] else { return nil }
        guard bytes.count <= limit else { throw StateError(.read, name, .tooLarge) }
        return bytes
    }

    func write(_ name: String, _ bytes: [UInt8]) throws(StateError) {
        try change(name, bytes, .write)
    }

    func remove(_ name: String) throws(StateError) {
        try change(name, nil, .remove)
    }

    func list(_ folder: String) throws(StateError) -> [String] {
        files.keys.filter { $0.hasPrefix(folder + "/") }
            .map { String($0.dropFirst(folder.utf8.count + 1)) }
            .filter { !$0.contains("/") }.sorted()
    }

    private func change(
        _ name: String,
        _ bytes: [UInt8]?,
        _ step: StateError.Step
    ) throws(StateError) {
        let fails = contents.withLock { contents in
            contents.changes += 1
            contents.changesLeft -= 1
            let isGone = contents.changesLeft < 0
            // Once the power is gone nothing happens any more.
            if !isGone || (contents.changesLeft == -1 && contents.failsAfterwards) {
                contents.files[name] = bytes
            }
            return isGone
        }
        if fails { throw StateError(step, name, .inputOutput) }
    }
}
