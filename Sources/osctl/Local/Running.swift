import ArgumentParser
import Syscalls

/// Opens the workbench, runs the body, prints its answer; or says why not, what is still true, and
/// ends the program with the code that belongs to it.
func run(
    _ options: Osctl,
    writing: Bool,
    bytesPerSecond: Int? = nil,
    _ body: (Workbench) throws(CommandError) -> String
) throws(ExitCode) {
    guard let disk = options.bench.disk, let trust = options.bench.trust else {
        StandardError.write("osctl: --disk DISK and --trust DIR come before the command.\n")
        throw ExitCode(64)
    }
    let place = Place(disk: disk, trust: trust, state: options.bench.state)
    var bench: Workbench?
    var truth: Truth?
    do throws(CommandError) {
        let opened = try Workbench(place, writing: writing, bytesPerSecond: bytesPerSecond)
        bench = opened
        truth = Truth(before: opened)
        print(try body(opened))
        opened.warnOfHistory()
    } catch {
        var sentence = "osctl: \(error.sentence)"
        if let bench, let truth {
            sentence += " " + truth.sentence(bench)
        } else if writing {
            sentence += " Nothing was written."
        }
        StandardError.write(sentence + "\n")
        throw ExitCode(error.kind.rawValue)
    }
}

extension StandardError {
    /// A message that cannot be shown is no reason to fail. It comes after what was printed before.
    static func write(_ text: String) {
        StandardOutput.flush()
        do throws(Errno) { try write(Array(text.utf8).span) } catch { print(text, terminator: "") }
    }
}
