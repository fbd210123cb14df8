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
    var bench: Workbench?
    var truth: Truth?
    do throws(CommandError) {
        let opened = try Workbench(options, writing: writing, bytesPerSecond: bytesPerSecond)
        bench = opened
        truth = Truth(before: opened)
        print(try body(opened))
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

/// Standard error, for what is not the answer.
enum StandardError {
    /// A message that cannot be shown is no reason to fail.
    static func write(_ text: String) {
        do throws(Errno) {
            let stream = try Descriptor(opening: "/dev/stderr", for: .writing, .append)
            try stream.writeNext(Array(text.utf8).span)
        } catch {
            print(text, terminator: "")
        }
    }
}
