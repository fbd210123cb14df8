import Synchronization
import Syscalls
import Testing

@testable import API

/// What the calls of a server have in common.
@Suite("Side by side")
struct SideBySideTests {
    /// Where threads wait for each other, but not for ever.
    private final class Place: Sendable {
        private let marks = Mutex<[String]>([])

        func mark(_ name: String) { marks.withLock { $0.append(name) } }

        var all: [String] { marks.withLock { $0 } }

        /// Waits until there are so many marks, 20 seconds at most.
        func wait(for count: Int) {
            let end = ContinuousClock.now + .seconds(20)
            while all.count < count, ContinuousClock.now < end {
                MonotonicTime.sleep(.milliseconds(1))
            }
        }
    }

    @Test("a shared value is read by many at the same time")
    func readers() {
        let value = SharedValue(true)
        let place = Place()
        Thread.share("reader", among: 4) {
            value.read { _ in
                place.mark("in")
                place.wait(for: 4)
                // Nobody leaves before all are in, unless one has to wait for another to leave.
                place.mark("out")
            }
        }
        #expect(place.all == ["in", "in", "in", "in", "out", "out", "out", "out"])
    }

    @Test("a shared value changes when its readers have left, and is read changed from then on")
    func change() throws {
        let value = SharedValue(true)
        let place = Place()
        let reader = try Thread("reader") {
            value.read { _ in
                place.mark("in")
                // The time in which the other one would change it if it could.
                MonotonicTime.sleep(.milliseconds(100))
                place.mark("out")
            }
        }
        place.wait(for: 1)
        value.change {
            $0 = false
            place.mark("changed")
        }
        reader.join()
        #expect(place.all == ["in", "out", "changed"])
        #expect(!value.read { $0 })
    }

    @Test("a certificate that was seen is found by all of its bytes, however many there are")
    func certificates() {
        let seen = SeenCertificates()
        let all = (0..<24).map { Authority("client \($0)").certificate }
        for _ in 0..<3 {
            for certificate in all { #expect(seen.decoded(certificate.pem) == certificate.der) }
        }
        for certificate in all {
            var other = certificate.pem
            other[other.count / 2] ^= 3
            #expect(seen.decoded(other) == PEM.firstCertificate(in: other))
            #expect(seen.decoded(other) != certificate.der)
            #expect(seen.decoded(Array(certificate.pem.dropLast(8))) == nil)
        }
    }
}
