import Glibc
import Syscalls
import Testing

@Suite struct LockTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a second lock is refused at once while the first is held, and granted after it")
    func exclusive() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.lock()
        let other = try file.reopened(for: .reading)
        #expect(throws: Errno.wouldBlock) { try other.lock() }
        try file.close()
        // A test beside this one may start a child, which has the file open for a moment.
        try other.lock(within: .seconds(10))
    }

    @Test("a lock given back is free, though somebody has the same open file")
    func givenBack() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.lock()
        let child = dup(file.number)
        defer { Glibc.close(child) }
        let other = try file.reopened(for: .reading)
        #expect(throws: Errno.wouldBlock) { try other.lock() }
        file.unlock()
        try other.lock()
    }

    @Test("a bounded wait ends when its time is over")
    func bounded() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.lock()
        let other = try file.reopened(for: .reading)
        let start = MonotonicTime.now
        #expect(throws: Errno.wouldBlock) { try other.lock(within: .milliseconds(100)) }
        #expect(MonotonicTime.now - start >= .milliseconds(100))
    }

    @Test("a bounded wait takes the lock when it becomes free in time")
    func waits() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.lock()
        let path = folder("a")
        let taken = Semaphore(0)
        let waiter = try Thread("waiter") {
            let other = try? Descriptor(opening: path, for: .reading)
            if (try? other?.lock(within: .seconds(30))) != nil { taken.signal() }
        }
        MonotonicTime.sleep(.milliseconds(50))
        try file.close()
        taken.wait()
        waiter.join()
    }
}
