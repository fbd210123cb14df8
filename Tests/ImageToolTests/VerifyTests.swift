import Slots
import Testing
import Trust

@testable import ImageTool

@Suite("verify")
struct VerifyTests {
    @Test("a changed byte anywhere in a member, or in the end mark, is found")
    func everyPart() throws {
        let bench = try Workbench()
        try bench.pack()
        let bytes = try bench.read("out.keel")
        let members = try BundleFile(bench.path("out.keel")).members
        var places = [members.root.lowerBound + 200_000, members.root.upperBound - 1]
        places += [members.root.lowerBound + 4096, bytes.count - 1, bytes.count - 1024]
        for range in [members.manifest, members.signatures, members.index] {
            places += [range.lowerBound, (range.lowerBound + range.upperBound) / 2]
        }
        for place in places {
            var changed = bytes
            changed[place] ^= 0x10
            try bench.write("bad.keel", changed)
            #expect(throws: ToolError.self, "byte \(place)") { try bench.verify("bad.keel") }
        }
    }

    @Test("a damaged chunk is named by its number and place")
    func chunk() throws {
        let bench = try Workbench()
        try bench.pack()
        let path = bench.path("out.keel")
        let bundle = try BundleFile(path)
        let chunks = Array(try bundle.index(hashing: OpenSSLHashing()).chunks)
        var bytes = try bench.read("out.keel")
        bytes[bundle.members.root.lowerBound + chunks[3].offset + 7] ^= 1
        try bench.write("out.keel", bytes)
        let error = #expect(throws: ToolError.self) { try bench.verify() }
        guard case .content(_, .chunk(3, chunks[3].offset), _, chunks[3].digest) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
    }

    /// Makes a bundle that is signed, but whose manifest lies about its root.
    func forge(_ bench: Workbench, _ change: (inout Manifest) -> Void) throws {
        try bench.pack()
        let bundle = try BundleFile(bench.path("out.keel"))
        let hashing = OpenSSLHashing()
        let index = try bundle.index(hashing: hashing)
        var manifest = bundle.manifest
        change(&manifest)
        let bytes = manifest.encoded()
        var signatures = Signatures()
        signatures.add(try Signature(of: bytes, by: bench.key))
        try BundleWriter.write(
            bench.path("out.keel"),
            statement: SignedStatement(manifest: bytes, signatures: signatures.encoded()),
            index: index.bytes,
            rootSize: bundle.manifest.root.size
        ) { put throws(ToolError) in try bundle.forEachRootPiece(put) }
    }

    @Test("a root that is not the one whose digest was signed is refused, good chunks or not")
    func wholeDigest() throws {
        let bench = try Workbench()
        let wrong = OpenSSLHashing().sha256([UInt8]("wrong".utf8).span)
        try forge(bench) { $0.root.sha256 = wrong }
        let error = #expect(throws: ToolError.self) { try bench.verify() }
        guard case .content(_, .whole, _, wrong) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
    }

    @Test("a hash tree other than the signed one is refused")
    func treeDigest() throws {
        let bench = try Workbench()
        let wrong = OpenSSLHashing().sha256([UInt8]("wrong".utf8).span)
        try forge(bench) { $0.root.verity = wrong }
        let error = #expect(throws: ToolError.self) { try bench.verify() }
        guard case .content(_, .tree, _, wrong) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
    }

    @Test("an index of another count or total than signed is refused")
    func index() throws {
        let bench = try Workbench()
        try forge(bench) { $0.chunks.count += 1 }
        let error = #expect(throws: ToolError.self) { try bench.verify() }
        guard case .index(_, .wrongSize) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
    }

    @Test("a root that the boot loader cannot read is refused, signed or not")
    func unreadableRoot() throws {
        let bench = try Workbench()
        try bench.pack()
        var root = Workbench.root(blocks: 4)
        root[20] = 6
        let hashing = OpenSSLHashing()
        let index = ChunkIndex([(length: root.count, digest: hashing.sha256(root.span))])
        var manifest = try BundleFile(bench.path("out.keel")).manifest
        manifest.root.size = root.count
        manifest.root.sha256 = hashing.sha256(root.span)
        manifest.chunks.count = 1
        manifest.chunks.sha256 = hashing.sha256(index.bytes.span)
        let bytes = manifest.encoded()
        let signatures = Signatures([try Signature(of: bytes, by: bench.key)])
        let statement = SignedStatement(manifest: bytes, signatures: signatures.encoded())
        let path = bench.path("out.keel")
        try BundleWriter.write(
            path,
            statement: statement,
            index: index.bytes,
            rootSize: root.count
        ) { put throws(ToolError) in try put(root.span) }
        #expect(throws: ToolError.squashFS(path, .compressor("zstd"))) { try bench.verify() }
    }

    @Test("a bundle cut short anywhere, or with a byte more, is refused")
    func length() throws {
        let bench = try Workbench()
        try bench.pack()
        let bytes = try bench.read("out.keel")
        for count in [0, 100, 512, 1000, 2048, 5000, bytes.count - 1024, bytes.count - 1] {
            try bench.write("bad.keel", Array(bytes[..<count]))
            #expect(throws: ToolError.self, "\(count) bytes") { try bench.verify("bad.keel") }
        }
        try bench.write("bad.keel", bytes + [0])
        let fault = BundleFault.trailing(size: bytes.count + 1, expected: bytes.count)
        #expect(throws: ToolError.bundle(bench.path("bad.keel"), fault)) {
            try bench.verify("bad.keel")
        }
    }

    @Test("members in another order, of another kind, too few or too many are refused")
    func members() throws {
        let bench = try Workbench()
        try bench.pack()
        try bench.run("tar", "-xf", "out.keel")
        let all = ["manifest.json", "manifest.sig", "chunks.idx", "root.squashfs"]
        func fault(_ names: [String]) throws -> BundleFault? {
            try bench.run(
                "sh",
                "-c",
                "tar -b 1 --format=ustar -cf bad.keel " + names.joined(separator: " ")
            )
            let error = #expect(throws: ToolError.self) { try bench.verify("bad.keel") }
            guard case .bundle(_, let fault) = error else { return nil }
            return fault
        }
        #expect(
            try fault([all[1], all[0], all[2], all[3]])
                == .unexpectedMember(found: "manifest.sig", expected: "manifest.json")
        )
        #expect(
            try fault(Array(all[..<3]))
                == .unexpectedMember(found: nil, expected: "root.squashfs")
        )
        guard case .trailing = try fault(all + ["root"]) else {
            Issue.record("a fifth member is not trailing")
            return
        }
        try bench.run("sh", "-c", "mv manifest.sig s; ln -s s manifest.sig")
        #expect(try fault(all) == .notAFile(member: "manifest.sig", kind: "symlink"))
    }

    @Test("a manifest or signatures beyond their limits are refused before they are read")
    func limits() throws {
        let bench = try Workbench()
        try bench.pack()
        let bundle = try BundleFile(bench.path("out.keel"))
        let long = [UInt8](repeating: 0x20, count: SignedStatement.manifestLimit + 1)
        for statement in [
            SignedStatement(manifest: long, signatures: []),
            SignedStatement(manifest: bundle.statement.manifest, signatures: long),
        ] {
            try BundleWriter.write(
                bench.path("bad.keel"),
                statement: statement,
                index: [],
                rootSize: 0
            ) { _ throws(ToolError) in }
            let error = #expect(throws: ToolError.self) { try bench.verify("bad.keel") }
            guard case .bundle(_, .tooLarge) = error else {
                Issue.record("another error: \(String(describing: error))")
                return
            }
        }
    }

    @Test("another trust directory's keys, epoch or threshold refuse it with their facts")
    func trust() throws {
        let bench = try Workbench()
        let other = try PrivateKey.generate()
        try bench.pack(keys: [bench.key, other])
        try bench.trust([PrivateKey.generate()])
        let signers = [bench.key.publicKey.id, other.publicKey.id]
        let path = bench.path("out.keel")
        let nobody = Distrust.tooFewSignatures(valid: 0, needed: 1, signers: signers)
        #expect(throws: ToolError.distrust(path, nobody)) { try bench.verify() }
        try bench.trust([bench.key], epoch: 2)
        let below = Distrust.belowEpochFloor(epoch: 1, floor: 2)
        #expect(throws: ToolError.distrust(path, below)) { try bench.verify() }
        try bench.trust([bench.key, other], threshold: 2)
        #expect(try bench.verify().manifest.epoch == 1)
    }

    @Test("an image that would refuse its own signatures is refused")
    func ownSignatures() throws {
        let bench = try Workbench()
        let next = try PrivateKey.generate()
        let policy = TrustPolicy(
            keys: [next.publicKey],
            threshold: 1,
            epoch: 1,
            board: "x86_64-uefi"
        )
        try bench.pack { $0.trust = policy }
        let own = Distrust.refusesItself(valid: 0, needed: 1)
        #expect(throws: ToolError.distrust(bench.path("out.keel"), own)) { try bench.verify() }
    }

    @Test("a release is refused after its last second, not in it")
    func expired() throws {
        let bench = try Workbench()
        try bench.pack { $0.expires = Timestamp(seconds: 1000) }
        #expect(try bench.verify(now: 1000).manifest.expires == Timestamp(seconds: 1000))
        let late = Distrust.expired(at: Timestamp(seconds: 1000), now: Timestamp(seconds: 1001))
        #expect(throws: ToolError.distrust(bench.path("out.keel"), late)) {
            try bench.verify(now: 1001)
        }
    }

    @Test("a missing bundle or trust directory is a failure, not a refusal")
    func missing() throws {
        let bench = try Workbench()
        let error = #expect(throws: ToolError.self) { try bench.verify("no.keel") }
        #expect(error?.isRefusal == false)
        let other = #expect(throws: ToolError.self) { try TrustPolicy.read(bench.path("no")) }
        #expect(other?.isRefusal == false)
    }

    @Test("a trust directory without a policy is refused")
    func noPolicy() throws {
        let bench = try Workbench()
        try bench.run("rm", "trust/policy.json")
        #expect(throws: ToolError.trust(bench.path("trust"), .noPolicy)) {
            try bench.policy()
        }
    }
}
