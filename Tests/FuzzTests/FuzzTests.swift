import Testing

/// Bytes that somebody else wrote, at every place where we read some.
@Suite("Fuzz", .serialized)
struct FuzzTests {
    @Test("what is read of any flat JSON is written and read the same")
    func json() async throws { try await Lab.fuzz(JSONTarget.self) }

    @Test("a manifest of any bytes is refused, or in order and encoded the same")
    func manifest() async throws { try await Lab.fuzz(ManifestTarget.self) }

    @Test("a chunk index of any bytes is taken only as it was signed and without a gap")
    func index() async throws { try await Lab.fuzz(IndexTarget.self) }

    @Test("signatures of any bytes are refused, or encoded the same and no key counts twice")
    func signatures() async throws { try await Lab.fuzz(SignaturesTarget.self) }

    @Test("of any statement only what was signed is believed, byte for byte")
    func statement() async throws { try await Lab.fuzz(StatementTarget.self) }

    @Test("a slot of any bytes is looked at without a write or a read beyond it")
    func slot() async throws { try await Lab.fuzz(SlotTarget.self) }

    @Test("a record of any bytes is lost, or written whole and read the same")
    func record() async throws { try await Lab.fuzz(RecordTarget.self) }

    @Test("three copies of any bytes are repaired and changed, or left as they are")
    func copies() async throws { try await Lab.fuzz(CopiesTarget.self) }

    @Test("on a system partition of any bytes a write of a copy spares the others and the loader")
    func fat() async throws { try await Lab.fuzz(FATTarget.self) }

    @Test("on a system partition of any bytes a loader is replaced whole, or not at all")
    func loader() async throws { try await Lab.fuzz(LoaderTarget.self) }

    @Test("the system partitions that are fuzzed are in good order to begin with")
    func images() {
        for kind in FATImage.Kind.allCases {
            let state = FATState(TestDevice(FATImage(kind).bytes, sectorSize: 512))
            #expect(state.description == "w7w7w7w", "\(kind)")
        }
    }

    @Test("a program of any bytes is told from other bytes, and so is a signed one")
    func program() async throws { try await Lab.fuzz(LoaderImageTarget.self) }

    @Test("a key file of any bytes is refused, or holds a key that is written the same")
    func key() async throws { try await Lab.fuzz(KeyTarget.self) }

    @Test("a trust directory of any bytes is refused, or has a policy that can be met")
    func trust() async throws { try await Lab.fuzz(TrustTarget.self) }

    @Test("a history of any bytes is passed over, or written the same")
    func history() async throws { try await Lab.fuzz(HistoryTarget.self) }

    @Test("an archive of any bytes is refused, or its members lie where they say")
    func archive() async throws { try await Lab.fuzz(ArchiveTarget.self) }

    @Test("a bundle of any bytes is refused, or read the same whole and in parts")
    func bundle() async throws { try await Lab.fuzz(BundleTarget.self) }

    @Test("an upgrade among slots of any bytes is refused, or leaves the release byte for byte")
    func upgrade() async throws { try await Lab.fuzz(UpgradeTarget.self) }

    @Test("a certificate of any bytes is refused, or has names fit for a log")
    func certificate() async throws { try await Lab.fuzz(CertificateTarget.self) }

    @Test("of any web signature only the one that was made is valid")
    func webSignature() async throws { try await Lab.fuzz(WebSignatureTarget.self) }

    @Test("of any audit log only lines that were written are taken, in their order")
    func audit() async throws { try await Lab.fuzz(AuditTarget.self) }

    @Test("frames of any bytes are refused, or messages within their bounds")
    func frame() async throws { try await Lab.fuzz(FrameTarget.self) }

    @Test("a kernel log of any bytes is passed over, or a line of it")
    func kernelLog() async throws { try await Lab.fuzz(KernelLogTarget.self) }

    @Test("a request of any bytes is refused, or within its limits and encoded the same")
    func api() async throws { try await Lab.fuzz(APITarget.self) }

    @Test("YAML of any bytes is refused, or within its limits and written and read the same")
    func yaml() async throws { try await Lab.fuzz(YAMLTarget.self) }
}
