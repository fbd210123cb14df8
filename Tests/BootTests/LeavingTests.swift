import Syscalls
import Testing

@testable import Boot

@Suite("Leaving a cluster")
struct LeavingTests {
    private let ground = MemoryGround()

    init() {
        ground.set(Leaving.word, "https://10.0.0.1:6443\n")
        ground.set(Leaving.membership, "a 00\n")
        ground.set(Leaving.kept + "/var-lib-kubelet/pki/key", "secret")
    }

    @Test("the membership goes first and the word last; what was kept is put aside")
    func order() {
        Leaving(on: ground).run()
        #expect(
            ground.deeds == [
                "remove /var/lib/keel/kubernetes/current",
                "rename /var/lib/keel/var /var/lib/keel/left-0",
                "remove /var/lib/keel/leaves-cluster",
            ]
        )
        #expect(ground.text("/var/lib/keel/left-0/var-lib-kubelet/pki/key") == "secret")
        Leaving(on: ground).run()
        #expect(ground.deeds.count == 3)
    }

    @Test("a step that fails is repeated at the next boot, with all that follow", arguments: 0..<3)
    func repeated(step: Int) {
        let steps = ["remove \(Leaving.membership)", "rename", "remove \(Leaving.word)"]
        ground.refusals = [steps[step]: .inputOutput]
        Leaving(on: ground).run()
        #expect(ground.exists(Leaving.word))
        #expect(ground.hasSaid("has not left its cluster"))
        ground.refusals = [:]
        Leaving(on: ground).run()
        for path in [Leaving.word, Leaving.membership, Leaving.kept] {
            #expect(!ground.exists(path), "\(path)")
        }
        #expect(ground.exists("/var/lib/keel/left-0"))
    }

    @Test("what was left before stays apart; where there is no room for more, the word stays")
    func apart() {
        ground.set("/var/lib/keel/left-0/x", "")
        Leaving(on: ground).run()
        #expect(ground.exists("/var/lib/keel/left-1/var-lib-kubelet"))
        for number in 0..<100 { ground.set("/var/lib/keel/left-\(number)/x", "") }
        ground.set(Leaving.word, "")
        ground.set(Leaving.kept + "/x", "")
        Leaving(on: ground).run()
        #expect(ground.exists(Leaving.word) && ground.exists(Leaving.kept))
    }

    @Test("without the word nothing is touched")
    func untold() throws {
        try ground.remove(Leaving.word)
        let before = ground.deeds
        Leaving(on: ground).run()
        #expect(ground.deeds == before)
    }
}
