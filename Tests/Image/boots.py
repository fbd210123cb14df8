"""The real firmware and boot loader start the kernel and the initramfs of a release."""

import re
import subprocess

import boot
import recipe
from report import expect
from scene import FIRST_LINE


def run(scene, report):
    disk = scene.release() / "disk.img"
    for size in (512, 4096) if scene.everything else (512,):
        if size == 4096:
            disk = scene.folder / "disk4k.img"
            subprocess.run([scene.bin / "keel-image", "disk", "--image",
                            scene.release() / "keelos-1.2.0.keel", "--trust",
                            scene.release() / "keys" / "trust", "--loader",
                            loader(scene), "--sector-size", "4096", "--output", disk],
                           check=True, capture_output=True)
        with report.test(f"from sectors of {size}, GRUB loads kernel and initramfs out of the slot,"
                         " and /init says its first line"):
            result = boot.boot(boot.Job(disk=str(disk), sector_size=size, timeout=600,
                                        until=re.escape(FIRST_LINE), snapshot=True, memory=1024))
            expect(result.outcome == "seen", "\n".join(result.texts()[-15:]))
            said = [text for text in result.texts() if "keel: boot slot=A state=good" in text]
            expect(said, "GRUB did not say what it starts")
            report.note(f"{result.seconds:.1f} s from power-on")
    with report.test("image/run boots a disk for the seconds it was given, and says how it ended"):
        done = subprocess.run([recipe.HERE / "run", scene.release() / "disk.img", "--seconds", "3",
                               "--snapshot", "--forward", "0", "--until", "never seen"],
                              text=True, capture_output=True, timeout=120)
        expect(done.returncode == 3 and "<timeout>" in done.stdout, done.stdout + done.stderr)


def loader(scene):
    """The release's boot loader, out of its root."""
    folder = scene.folder / "loader"
    release = scene.release() / "keelos-1.2.0.keel"
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "-xf", release, "-C", folder, "root.squashfs"], check=True)
    subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-force", "-dest", folder / "root",
                    folder / "root.squashfs", "/boot/BOOTX64.EFI"], check=True,
                   stdout=subprocess.DEVNULL)
    return folder / "root/boot/BOOTX64.EFI"
