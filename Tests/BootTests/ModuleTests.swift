import Syscalls
import Testing

@testable import Boot

@Suite("Modules")
struct ModuleTests {
    private static let dependencies = """
        kernel/virtio.ko: kernel/virtio_ring.ko
        kernel/virtio_ring.ko:
        kernel/virtio-blk.ko: kernel/virtio.ko kernel/virtio_ring.ko
        kernel/dm-verity.ko.xz: kernel/dm-bufio.ko kernel/dm-mod.ko
        kernel/dm-bufio.ko: kernel/dm-mod.ko
        kernel/dm-mod.ko:
        kernel/btrfs.ko:
        kernel/raid.ko: kernel/btrfs.ko
        kernel/crc32c.ko:
        kernel/net.ko:
        """
    private static let aliases = """
        # made by depmod
        alias virtio:d00000002v* virtio_blk
        alias virtio:d00000001v* net
        alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio
        alias fs-btrfs btrfs
        """
    private let index = ModuleIndex(
        dependencies: dependencies,
        aliases: aliases,
        soft: "softdep btrfs pre: crc32c nothere post: net\nsoftdep crc32c pre: btrfs\n"
    )

    @Test("what a module needs is loaded before it, the most basic first")
    func order() {
        #expect(
            index.files(for: "dm-verity") == [
                "kernel/dm-mod.ko", "kernel/dm-bufio.ko", "kernel/dm-verity.ko.xz",
            ]
        )
        #expect(index.files(for: "virtio_blk").last == "kernel/virtio-blk.ko")
        #expect(index.files(for: "nothing").isEmpty)
    }

    @Test("softer needs come first, and a circle of them ends")
    func soft() {
        #expect(index.files(for: "btrfs") == ["kernel/crc32c.ko", "kernel/btrfs.ko"])
        let all = ["kernel/crc32c.ko", "kernel/btrfs.ko", "kernel/raid.ko"]
        #expect(index.files(for: "raid") == all, "also those of what a module needs")
    }

    @Test("a device's alias names its modules")
    func alias() {
        #expect(index.modules(for: "virtio:d00000002v00001AF4") == ["virtio_blk"])
        #expect(index.modules(for: "pci:v00001AF4d00001042svsdbc01sc00i00") == ["virtio"])
        #expect(index.modules(for: "usb:v1").isEmpty)
    }

    @Test(
        "patterns are those of fnmatch",
        arguments: [
            ("a*c", "abbc", true), ("a*c", "ac", true), ("a*c", "acd", false),
            ("a?c", "abc", true), ("a?c", "ac", false), ("*", "", true), ("", "a", false),
            ("a[0-9]c", "a5c", true), ("a[0-9]c", "axc", false), ("a[xyz]", "ay", true),
            ("*b*d*", "abcd", true), ("*b*e*", "abcd", false), ("a[", "a[", false),
            ("aa*aab", "aaaaab", true),
        ]
    )
    func globs(pattern: String, text: String, fits: Bool) {
        #expect(Glob(pattern).matches(text) == fits)
    }

    private func ground() -> MemoryGround {
        let ground = MemoryGround()
        ground.set("/proc/sys/kernel/osrelease", "6.1\n")
        ground.set("/lib/modules/6.1/modules.dep", Self.dependencies)
        ground.set("/lib/modules/6.1/modules.alias", Self.aliases)
        ground.set("/sys/bus/pci/devices/0/modalias", "pci:v00001AF4d1sv1sd1bc01sc00i00\n")
        ground.set("/sys/bus/virtio/devices/1/modalias", "virtio:d00000001v00001AF4\n")
        return ground
    }

    @Test("storage has its turn first, each device once")
    func storage() {
        let ground = ground()
        var modules = Modules(on: ground)
        #expect(modules.loadForDevices(.storage) == true)
        #expect(ground.deeds == ["module virtio_ring", "module virtio"])
        #expect(modules.loadForDevices(.storage) == false)
        #expect(modules.loadForDevices(.everything) == true)
        #expect(ground.deeds.last == "module net")
        #expect(modules.loadForDevices(.everything) == false)
        #expect(modules.count == 3)
    }

    @Test("a module that is there already, or finds no device, is no news")
    func quiet() {
        let ground = ground()
        ground.refusals = ["module virtio_ring": .exists, "module net": .noDevice]
        var modules = Modules(on: ground)
        #expect(modules.load("virtio") == true)
        #expect(modules.load("net") == false)
        #expect(ground.said.isEmpty)
        ground.refusals = ["module crc32c": .invalid]
        #expect(modules.load("crc32c") == false)
        #expect(ground.hasSaid("module kernel/crc32c.ko is refused"))
    }

    @Test("a list names modules with their parameters")
    func named() {
        let ground = ground()
        ground.set("/etc/keel/modules", "# first\nnet mode=fast x=1\n\ndm-mod\n")
        var modules = Modules(on: ground)
        modules.loadNamed(in: "/etc/keel/modules")
        #expect(ground.deeds == ["module net mode=fast x=1", "module dm_mod"])
    }
}
