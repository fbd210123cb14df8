import Simulator

/// One way into the code for bytes that somebody else wrote.
protocol FuzzTarget {
    /// The name of its folder in `Corpus`.
    static var name: String { get }
    /// Rounds for each unit of depth: a third of a second or so.
    static var rounds: Int { get }
    static var dialect: Dialect { get }

    init() throws

    /// Inputs in good order to begin with, besides those in `Corpus`.
    func seeds() throws -> [[UInt8]]

    /// Makes sums and signatures right again that a change broke, so that the code behind their
    /// check is reached. Called for half of the inputs.
    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator)

    /// Gives `input` to the code. Answers in a word or two how it ended, and throws
    /// `BrokenPromise` when what it did is not what it may do.
    func check(_ input: [UInt8]) throws(BrokenPromise) -> String
}

extension FuzzTarget {
    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {}
}

/// What the code did although it says that it never does.
struct BrokenPromise: Error {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}

/// Throws `BrokenPromise` unless `holds`.
func promise(
    _ holds: Bool,
    _ sentence: @autoclosure () -> String
) throws(BrokenPromise) {
    if !holds { throw BrokenPromise(sentence()) }
}

/// What `body` returned; a refusal where there may be none is a broken promise.
func must<Value, Failure: Error>(
    _ what: String,
    _ body: () throws(Failure) -> Value
) throws(BrokenPromise) -> Value {
    do { return try body() } catch { throw BrokenPromise("\(what): \(error)") }
}

/// How an error reads without its numbers: inputs that differ in nothing else end alike.
func ending(_ error: any Error) -> String {
    String("\(error)".filter { !$0.isNumber }.prefix(80))
}
