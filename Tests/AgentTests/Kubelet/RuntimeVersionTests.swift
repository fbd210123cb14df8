import Testing

@testable import Agent

@Suite("What kubelet and containerd say of their versions")
struct RuntimeVersionTests {
    @Test(
        "is read, whoever built them",
        arguments: [
            ("Kubernetes v1.20.2\n", (1, 20)), ("Kubernetes v1.32.0-rc.1", (1, 32)),
            (
                "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3\n",
                (1, 6)
            ),
            ("containerd github.com/containerd/containerd/v2 v2.1.9 ", (2, 1)),
            ("containerd containerd.io 1.7.24 88bf19b2105c8b17560993bee28a01ddc2f97182", (1, 7)),
        ]
    )
    func read(_ text: String, _ numbers: (Int, Int)) {
        #expect(RuntimeVersion(saidBy: text) == RuntimeVersion(numbers.0, numbers.1))
    }

    @Test("and is nothing where no version stands", arguments: ["", "Kubernetes", "v1.2", "a.b.c"])
    func none(_ text: String) { #expect(RuntimeVersion(saidBy: text) == nil) }

    @Test("versions are ordered by number")
    func order() {
        #expect(RuntimeVersion(1, 9) < RuntimeVersion(1, 20))
        #expect(RuntimeVersion(1, 99) < RuntimeVersion(2, 0))
    }
}
