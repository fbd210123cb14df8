/// Every way in.
enum Targets {
    private static var all: [any FuzzTarget.Type] {
        [
            JSONTarget.self, ManifestTarget.self, IndexTarget.self, SignaturesTarget.self,
            StatementTarget.self, SlotTarget.self, RecordTarget.self, CopiesTarget.self,
            FATTarget.self, LoaderTarget.self, LoaderImageTarget.self, KeyTarget.self,
            TrustTarget.self, HistoryTarget.self, ArchiveTarget.self, BundleTarget.self,
            UpgradeTarget.self, CertificateTarget.self, WebSignatureTarget.self, AuditTarget.self,
            FrameTarget.self, KernelLogTarget.self, APITarget.self, YAMLTarget.self,
        ]
    }

    /// Tries the target of that name; see `Fuzzer.run`.
    static func run(
        _ name: String,
        rounds: Int,
        seed: UInt64,
        flight: String
    ) throws -> String {
        guard let target = all.first(where: { $0.name == name }) else {
            throw BrokenPromise("there is no target \(name)")
        }
        return try run(target, rounds, seed, flight)
    }

    private static func run<Target: FuzzTarget>(
        _ target: Target.Type,
        _ rounds: Int,
        _ seed: UInt64,
        _ flight: String
    ) throws -> String {
        var fuzzer = try Fuzzer(target, flight: flight)
        return try fuzzer.run(rounds: rounds, seed: seed)
    }
}
