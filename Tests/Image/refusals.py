"""What the build refuses, in a sentence, leaving nothing behind."""

import shutil
import subprocess

from report import expect, expect_equal


def run(scene, report):
    output = scene.folder / "refused"
    programs = scene.programs("refused-bin")

    def refused(words, *options, **settings):
        done = scene.build(output, "--compressor", "fast", *options, programs=programs, **settings)
        expect(done.returncode == 1, f"it ended with {done.returncode}: {done.stderr}")
        said = done.stderr.strip()
        expect(said.startswith("image: ") and words in said, f"it said {said}")
        left = sorted(path.name for path in output.iterdir() if path.name != "keys")
        expect_equal(left, [], "what it left behind")

    def replaced(name, content):
        kept = (programs / name).read_bytes()
        (programs / name).write_bytes(content)
        return lambda: (programs / name).write_bytes(kept)

    with report.test("a first process that needs libraries is refused"):
        restore = replaced("keel-init", (scene.bin / "keel-image").read_bytes())
        refused("keel-init needs")
        restore()
    with report.test("a program that was not stripped is refused"):
        source = scene.folder / "a.c"
        source.write_text("void _start(void) { for (;;) {} }\n")
        subprocess.run(["cc", "-nostdlib", "-static", "-o", scene.folder / "a", source], check=True)
        restore = replaced("keel-init", (scene.folder / "a").read_bytes())
        refused("keel-init is not stripped")
        restore()
    with report.test("a program that was not built is refused by name"):
        shutil.move(programs / "keel-provision", scene.folder / "away")
        refused("build keel-provision first")
        shutil.move(scene.folder / "away", programs / "keel-provision")
    with report.test("an unknown variant of each kind is refused"):
        for kind in ("console", "kernel", "compressor"):
            refused(f"{kind} toaster is not in", f"--{kind}", "toaster")
    with report.test("a time in another form is refused"):
        refused("is not a time", "--created", "yesterday")
    with report.test("a trust directory that is none is refused"):
        refused("is not a trust directory", "--trust", scene.folder, "--key", "a.key")
    with report.test("a container image that is none is refused"):
        (scene.folder / "none.tar").write_bytes(b"none")
        refused("is no tar archive", "--preload", scene.folder / "none.tar")
    with report.test("a folder without Secure Boot keys is refused"):
        refused("has no db.key", "--secureboot", scene.folder)
    with report.test("an overlay that brings a shell or a setuid file is refused by the checker"):
        overlay = scene.folder / "overlay"
        (overlay / "usr/bin").mkdir(parents=True)
        (overlay / "usr/bin/sh").write_text("x")
        refused("/usr/bin/sh has a forbidden name", "--overlay", overlay)
    with report.test("a root without its agent is refused by the checker"):
        refused("/usr/bin/keel-agent is missing", "--without", "/usr/bin/keel-agent")
    with report.test("taking away what is not there is refused"):
        refused("the root has no such file", "--without", "/usr/bin/keel")
    with report.test("a version that is none is refused"):
        refused("is not a version", "--version", "one")
