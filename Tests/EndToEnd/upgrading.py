"""What the tests that kill and cut stand on."""

from bundle import Bundle
from cost import Bound


class Upgrading:
    """A disk that runs 1.0.0 in slot a, and 2.0.0 to install, as `new.keel`."""

    def __init__(self, world, fixture, folder):
        self.world, self.folder, self.trust = world, folder, fixture.usual_trust
        first, release = fixture.release("v1", "1.0.0"), fixture.release("v2", "2.0.0")
        self.running, self.bundle = Bundle.read(first), Bundle.read(release)
        (folder / "new.keel").symlink_to(release)
        self.empty = folder / "empty.img"
        disk = fixture.disk(self.empty, first)
        # nginx limits each connection; a fetch of about two seconds.
        self.rate = max(200_000, Bound(disk, "b", self.bundle, self.running).asked_bytes // 2)
        self.landed = {}
