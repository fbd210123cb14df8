"""Calls the programs around the root: the boot loader's build, keel-image, and the signers."""

import hashlib
import os
import subprocess

import recipe
from faults import BuildError
from secureboot import Signing

BUILD_LOADER = recipe.HERE.parent / "bootloader" / "build.sh"


def signing(variant, folder):
    """What signs the boot files of this variant; nothing, if it is not for Secure Boot."""
    return Signing(folder if variant.loader["enforce"] else None)


def loader(path, variant, signing):
    """The boot loader of this variant."""
    environment = {**os.environ, "KERNEL_CONSOLE": variant.arguments,
                   "MORE_MODULES": variant.loader["modules"]}
    environment.update(signing.loader_environment())
    _run([BUILD_LOADER, path], "the boot loader", env=environment)
    signing.sign_loader(path)
    return path


def pack(tool, work, output, inputs, trust, signers, bill):
    """The signed bundle of work/root.squashfs."""
    output.unlink(missing_ok=True)
    options = ["--squashfs", work / "root.squashfs", "--version", inputs.version,
               "--output", output, "--trust", trust, "--created", inputs.created,
               "--loader", inputs.loader, "--kernel", inputs.kernel.release,
               "--kubelet", inputs.kubelet.version, "--sbom", hashlib.sha256(bill).hexdigest()]
    for key in signers:
        options += ["--key", key]
    _run([tool, "pack", *options], "the bundle")


def disk(tool, image, trust, output, loader, size, slot_size):
    """A disk that boots the bundle, in a sparse file."""
    _run([tool, "disk", "--image", image, "--trust", trust, "--output", output,
          "--loader", loader, "--size", size, "--slot-size", slot_size], "the disk")


def _run(command, what, env=None):
    done = subprocess.run(command, text=True, capture_output=True, env=env, timeout=1800)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise BuildError(f"{what} was not made: {said}")
