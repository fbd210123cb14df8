import ArgumentParser
import Syscalls

/// Runs the body of a command: prints what it answers, or says why not and what is still true,
/// and ends the program with 1 (failed) or 2 (refused).
func report(
    unchanged: String,
    _ body: () throws(ToolError) -> String
) throws(ExitCode) {
    do throws(ToolError) {
        print(try body())
    } catch {
        throw Failure.report(error, unchanged: unchanged)
    }
}

/// The end of a command that did not do what it was asked.
enum Failure {
    /// Says on standard error what was refused and what is still true; answers the exit code.
    static func report(_ error: ToolError, unchanged: String) -> ExitCode {
        let line = "keel-image: \(error.sentence) \(unchanged)"
        let bytes = Array((line + "\n").utf8)
        do throws(Errno) {
            try StandardError.write(bytes.span)
        } catch {
            print(line)
        }
        return ExitCode(error.isRefusal ? 2 : 1)
    }
}
