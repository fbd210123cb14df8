/// Where a bootstrap keeps its files: what `StateFolder` promises, so that tests can fail or cut
/// each write.
protocol BootstrapState: Sendable {
    func read(_ name: String, limit: Int) throws(StateError) -> [UInt8]?

    /// Replaces the file in one step; durable when it returns.
    func write(_ name: String, _ bytes: [UInt8]) throws(StateError)

    /// One that is not there is no error.
    func remove(_ name: String) throws(StateError)

    /// Sorted; none when the folder is missing.
    func list(_ folder: String) throws(StateError) -> [String]
}

extension StateFolder: BootstrapState {}
