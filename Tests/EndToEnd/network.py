"""Releases from servers: plain, TLS with a private authority, client certificates, tokens; and
servers that are not what they should be."""

import socket
import time

from bundle import Bundle
from disk import DiskImage, unchanged
from pki import Pki
from programs import DONE, FAILED, REFUSED
from report import expect, expect_equal
from servers import TOKEN, Nginx, free_port
from world import copy_sparse


def run(world, fixture, report):
    with world.scratch("network") as folder:
        pki = Pki(folder)
        with Nginx(folder, pki=pki) as server:
            net = Net(world, fixture, report, folder, server, pki)
            net.taken()
            net.refused()
            net.broken()
            net.counted()


class Net:
    """A fresh disk for each upgrade, a server that counts."""

    def __init__(self, world, fixture, report, folder, server, pki):
        self.world, self.report, self.folder = world, report, folder
        self.server, self.trust, self.pki = server, fixture.usual_trust, pki
        release = fixture.release("v2", "2.0.0", small=True)
        self.bundle = Bundle.read(release)
        (folder / "new.keel").symlink_to(release)
        self.pristine = folder / "pristine.img"
        fixture.disk(self.pristine, fixture.release("v1", "1.0.0", small=True))
        self.authority = ("--ca", pki.file("ca.pem"))
        self.client = ("--client-cert", pki.file("client.pem"),
                       "--client-key", pki.file("client.key"))
        self.token = folder / "token"
        self.token.write_text(TOKEN + "\n")
        self.wrong_token = folder / "wrong-token"
        self.wrong_token.write_text("opensesame")

    def fresh(self):
        return DiskImage(copy_sparse(self.pristine, self.folder / "disk.img"))

    def upgrade(self, disk, *words, **options):
        return self.world.osctl(disk.path, self.trust, "upgrade", *words, **options)

    def tls(self, path="new.keel", port=None):
        return f"https://127.0.0.1:{port or self.server.tls}/{path}"

    def taken(self):
        ways = [
            ("plain http", (self.server.url("new.keel"),)),
            ("a server without ranges", (self.server.url("whole/new.keel"),)),
            ("a slow server with a limit of our own",
             (self.server.url("slow/new.keel"), "--rate", "3000000")),
            ("https with a private authority", (self.tls(), *self.authority)),
            ("https with a client certificate",
             (self.tls(port=self.server.mutual), *self.authority, *self.client)),
            ("https with a bearer token",
             (self.tls("secret/new.keel"), *self.authority, "--token-file", self.token)),
        ]
        for name, words in ways:
            with self.report.test(f"a release comes over {name}"):
                disk = self.fresh()
                self.upgrade(disk, *words).must(DONE, r"Slot b holds 2\.0\.0 and boots next")
                self.world.osctl(disk.path, self.trust, "prove").must(DONE, "slot b: 2.0.0 is who")

    def refused(self):
        wrong = [
            ("a server of another authority", (self.tls(), "--ca", self.pki.file("other.pem")),
             r"the server is not trusted \("),
            ("a private authority that we were not told", (self.tls(),),
             r"the server is not trusted \("),
            ("a server that asks for a client certificate, without one",
             (self.tls(port=self.server.mutual), *self.authority),
             r"(the server answered 400|the server is not trusted)"),
            ("a client certificate of another authority",
             (self.tls(port=self.server.mutual), *self.authority,
              "--client-cert", self.pki.file("stranger.pem"),
              "--client-key", self.pki.file("stranger.key")),
             r"(the server answered 400|the server is not trusted)"),
            ("a client certificate with another's key",
             (self.tls(port=self.server.mutual), *self.authority,
              "--client-cert", self.pki.file("client.pem"),
              "--client-key", self.pki.file("stranger.key")), r"could not be fetched"),
            ("a server that wants a token, without one",
             (self.tls("secret/new.keel"), *self.authority), "the server answered 401"),
            ("a server that wants another token",
             (self.tls("secret/new.keel"), *self.authority, "--token-file", self.wrong_token),
             "the server answered 401"),
            ("a file that is not on the server", (self.server.url("none.keel"),),
             "the server answered 404"),
            ("a port where nobody listens",
             (f"http://127.0.0.1:{free_port()}/new.keel", "--retries", "1"),
             r"could not be fetched: .*\(2 attempts\)"),
            ("a scheme nobody speaks", ("ftp://127.0.0.1/new.keel",), "unsupported scheme ftp"),
            ("TLS spoken to a plain port",
             (self.tls(port=self.server.port), *self.authority, "--retries", "0"),
             "could not be fetched"),
        ]
        disk = self.fresh()
        said = {}
        for name, words, expected in wrong:
            with self.report.test(f"{name}: the upgrade fails and nothing is written"), \
                    unchanged(disk):
                result = self.upgrade(disk, *words, timeout=60)
                result.must(FAILED, expected, r"Nothing was written\. Slot a runs 1\.0\.0")
                said[name] = result.sentence
        with self.report.test("a file that holds no token is refused"), unchanged(disk):
            empty = self.folder / "no-token"
            empty.write_text("two words\n")
            self.upgrade(disk, self.tls(), *self.authority, "--token-file", empty).must(
                REFUSED, "expected a file with one bearer token")

    def broken(self):
        with self.report.test("a server that stops talking is given up in time"):
            with socket.create_server(("127.0.0.1", 0)) as silent:
                start, disk = time.monotonic(), self.fresh()
                with unchanged(disk):
                    self.upgrade(disk, f"http://127.0.0.1:{silent.getsockname()[1]}/new.keel",
                                 "--stall-timeout", "2", "--connect-timeout", "2", "--retries",
                                 "0", timeout=30).must(FAILED, "could not be fetched")
                expect(time.monotonic() - start < 15, "it took longer than 15 s")
        with self.report.test("a token and its name are never shown"):
            disk = self.fresh()
            result = self.upgrade(disk, self.server.url("none.keel"), "--token-file", self.token)
            expect(TOKEN not in result.out + result.err, "it printed the token")

    def counted(self):
        with self.report.test("osctl counts the bytes that nginx sent, headers included"):
            self.server.forget()
            result = self.upgrade(self.fresh(), self.server.url("new.keel")).must(DONE)
            told, requests = (int(word) for word in result.out.split(" is installed: ")[1]
                              .replace(" bytes fetched in ", " ").split(" ")[:2])
            sent = self.server.requests(requests)
            expect_equal((told, requests), (sum(size for _, size in sent), len(sent)),
                         "bytes and requests")
        with self.report.test("what slot a holds is not fetched again"):
            expect(told < len(self.bundle.encoded()) * 3 // 4,
                   f"{told} of {len(self.bundle.encoded())} bytes were fetched")
        with self.report.test("without reuse the bundle is fetched once, in one request"):
            self.server.forget()
            self.upgrade(self.fresh(), "--no-reuse", self.server.url("new.keel")).must(DONE)
            sent = self.server.requests(1)
            size = len(self.bundle.encoded())
            expect_equal([status for status, _ in sent], [200], "the answers")
            expect(size < sent[0][1] < size + 1000, f"{sent[0][1]} bytes for a bundle of {size}")
