"""A disk that was made for one node: it comes up as that node, and stays it."""

import hashlib
import subprocess

from node import DONE, Node
from report import expect, expect_equal
from slots import Slots

REFUSED = 2
MACHINE_ID = "0123456789abcdef0123456789abcdef"
SECRET = "open-sesame-0123456789"
CONFIG = "version: 1\nhostname: node-7\ntrial:\n  deadline: 240\n"


def run(scene, report):
    bundle = scene.releases.good("1.1.0")
    folder = scene.folder / "given"
    folder.mkdir()
    with scene.lane() as (_, port):
        disk = make(scene, folder)
        before = contents(disk)
        expect(SECRET.encode() in before and MACHINE_ID.encode() in before, "nothing is given")
        with Node(scene.programs, disk, folder, port=port) as node:
            with report.test("a node whose disk was made with an identity has that key and that id"):
                node.power_on(600)
                expect_equal(node.fingerprint, fingerprint(folder / "identity/agent.key"),
                             "the fingerprint on the console")
            with report.test("it is taken with its join secret, and not without"):
                pinned = ("--endpoint", node.machine.address, "--fingerprint", node.fingerprint)
                node.osctl("pki", "init", "pki").must()
                take = (*pinned, "bootstrap", "--client-ca", "pki/ca.crt")
                node.osctl(*take).must(REFUSED, "join secret")
                node.osctl(*take, "--join-secret", SECRET[:-1]).must(REFUSED, "join secret")
                node.osctl(*take, "--join-secret-file", "identity/join-secret").must()
                node.osctl("--endpoint", node.machine.address, "--cert", "pki/admin.crt", "--key",
                           "pki/admin.key", "context", "add", "node").must()
                node.osctl("identity").must(DONE, MACHINE_ID)
                node.osctl("config", "get").must(DONE, "hostname: node-7", "deadline: 240",
                                                 "generation 1")
            with report.test("both stay what they were through an upgrade"):
                node.osctl("upgrade", "--reboot", f"{scene.address}/{bundle}").must(
                    DONE, "1.1.0 runs and is trusted")
                node.osctl("identity").must(DONE, MACHINE_ID, node.fingerprint)
                node.osctl("config", "get").must(DONE, "hostname: node-7")
                node.osctl("shutdown").must()
                node.machine.end(180)
        with report.test("where it was given there is nothing left of it"):
            expect(not any(contents(disk)), "bytes are left")


def make(scene, folder):
    """A disk for one node, with keys by openssl."""
    identity, disk = folder / "identity", folder / "disk.img"
    identity.mkdir()
    key = identity / "agent.key"
    tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
         key)
    tool("openssl", "req", "-x509", "-key", key, "-subj", "/CN=node-7", "-days", "3000", "-out",
         identity / "agent.crt")
    (identity / "machine-id").write_text(f"{MACHINE_ID}\n")
    (identity / "join-secret").write_text(f"{SECRET}\n")
    (folder / "node.yaml").write_text(CONFIG)
    scene.releases.first()
    served = scene.releases.served
    tool(scene.programs / "keel-image", "disk", "--image", served / "keelos-1.0.0.keel", "--trust",
         served / "keys" / "trust", "--size", "3G", "--slot-size", "256M", "--identity", identity,
         "--config", folder / "node.yaml", "--output", disk)
    return disk


def fingerprint(key):
    """SHA-256 of the public key, as others compute it."""
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                            capture_output=True, check=True).stdout
    return hashlib.sha256(public).hexdigest()


def contents(disk):
    """The partition that things are given in."""
    start, size = Slots(disk).parts["KEELOS_GIVEN"]
    with open(disk, "rb") as file:
        file.seek(start)
        return file.read(size)


def tool(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=300)
