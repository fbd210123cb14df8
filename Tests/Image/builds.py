"""Whole releases: the same bytes twice, what is inside, and what it weighs."""

import hashlib
import json
import os
import shutil
import subprocess

import entries
import kubernetes
import oci
import packages
import preload
import recipe
from report import expect, expect_equal

LIMIT = 100e6
NAMES = ("keelos-1.2.0.keel", "keelos-1.2.0.spdx.json", "disk.img")


def digests(folder):
    found = {}
    for name in NAMES:
        with open(folder / name, "rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def run(scene, report):
    first = scene.release()
    _again(scene, report, first)
    _inside(scene, report, first)
    _bill(report, first)
    _overlay(scene, report, first)
    _variants(scene, report)


def _again(scene, report, first):
    with report.test("a build in another folder, with another umask and clock zone, as nobody in"
                     " particular, gives the same bytes"):
        home = scene.folder / "elsewhere" / "deeper"
        home.mkdir(parents=True)
        cache = home / "cache" / "keelos"
        kept = packages.cache_folder() / "debs"
        (cache / "debs").mkdir(parents=True)
        for package in packages.read_lock():
            if package.flavour in (None, "cloud"):
                shutil.copy(kept / f"{package.sha256}.deb", cache / "debs")
        for name in ("kubernetes", "pause"):
            shutil.copytree(packages.cache_folder() / name, cache / name)
        output = home / "out"
        output.mkdir()
        shutil.copytree(first / "keys", output / "keys")
        source = home / "source"
        for folder in ("image", "bootloader", "scripts/fixtures"):
            shutil.copytree(recipe.HERE.parent / folder, source / folder)
        settings = {}
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "nobody:", home], check=True)
            settings = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        environment = {**os.environ, "XDG_CACHE_HOME": str(home / "cache"), "TZ": "Asia/Tokyo",
                       "HOME": str(home), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            ["python3", "-B", source / "image/build.py", "--bin", scene.bin, "--version", "1.2.0",
             "--output", output, "--compressor", "fast", "--created", "2026-11-21T00:00:00Z"],
            text=True, capture_output=True, timeout=1200, env=environment, cwd="/", umask=0o077,
            **settings)
        expect(done.returncode == 0, done.stderr)
        expect_equal(digests(output), digests(first), "the digests")
    with report.test("nothing of the work is left behind"):
        expect_equal(sorted(os.listdir(first)), sorted([*NAMES, "keys"]), "what is there")


def _inside(scene, report, first):
    bundle, trust = first / NAMES[0], first / "keys" / "trust"
    with report.test("keel-image verifies the bundle against the trust directory it carries"):
        subprocess.run([scene.bin / "keel-image", "verify", bundle, "--trust", trust], check=True,
                       capture_output=True)
    folder = scene.folder / "inside"
    folder.mkdir()
    subprocess.run(["tar", "-xf", bundle, "-C", folder], check=True)
    found = {entry.place: entry for entry in entries.of_squashfs(folder / "root.squashfs", folder)}
    manifest = json.loads((folder / "manifest.json").read_text())
    with report.test("the manifest names kernel, loader, time and bill of materials as they are"):
        loader = found["/boot/BOOTX64.EFI"].read()
        bill = found["/usr/share/keelos/sbom.spdx.json"].read()
        expect_equal(manifest["loader.sha256"], hashlib.sha256(loader).hexdigest(), "the loader")
        expect_equal(manifest["sbom"], hashlib.sha256(bill).hexdigest(), "the bill")
        expect_equal(manifest["created"], "2026-11-21T00:00:00Z", "the time")
        facts = json.loads(found["/etc/keel/build.json"].read())
        expect_equal(facts["kernel"], manifest["kernel"], "the kernel")
        expect_equal(manifest["kubelet"], kubernetes.Sources().release, "the kubelet")
        expect_equal((facts["version"], facts["created"], facts["variant.kernel"]),
                     ("1.2.0", "2026-11-21T00:00:00Z", "cloud"), "build.json")
        expect(f"/usr/lib/modules/{manifest['kernel']}/modules.dep" in found, "no modules.dep")
    with report.test("the initramfs holds the first process, keys and facts of the root"):
        early = {one.place: one for one in entries.of_initramfs(found["/boot/initramfs"].read())}
        expect_equal(early["/init"].read(), found["/usr/sbin/keel-init"].read(), "/init")
        for place in ("/etc/keel/build.json", "/etc/keel/trust/release.pub",
                      "/etc/keel/trust/policy.json"):
            expect_equal(early[place].read(), found[place].read(), place)
    with report.test("the root has the programs asked for, not one more, and no ctr"):
        programs = {place for place, entry in found.items() if entry.is_file
                    and entry.mode & 0o111 and "/lib/" not in place}
        asked = {pick.place for pick in recipe.picks() if not pick.place.startswith("/etc/")}
        ours = {"/usr/sbin/keel-init", "/usr/sbin/keel-provision", "/usr/bin/keel-agent",
                "/usr/bin/kubelet"}
        expect_equal(programs, asked | ours, "the programs")
    with report.test("the root has the image of pods' sandboxes, and no other"):
        images = [place for place in found if place.startswith(preload.FOLDER + "/")]
        expect_equal(images, [f"{preload.FOLDER}/pause.tar"], "the images")
        expect_equal(found[images[0]].read(), preload.pause(packages.cache_folder()), "it")
    with report.test("the first process and keel-provision carry no regular expressions"):
        for program in ("keel-init", "keel-provision", "keel-agent"):
            # So Swift writes the module's name into a program that has it, as the agent does.
            has = b"17_StringProcessing" in (scene.given / program).read_bytes()
            expect_equal(has, program == "keel-agent", program)
    with report.test("programs out of the root find their libraries there and start"):
        if os.geteuid() == 0:
            _starts(folder / "root")
    with report.test("service files are flat JSON and name programs of the root"):
        services = [place for place in found if place.startswith("/etc/keel/services/")
                    and found[place].is_file]
        expect(len(services) >= 3, f"there are {services}")
        for place in services:
            facts = json.loads(found[place].read())
            expect(found[facts["command"][0]].mode & 0o111, place)
            expect(place.endswith(f"/{facts['name']}.json"), place)
            expect(all(isinstance(value, (str, int, list)) for value in facts.values()), place)


def _starts(root):
    for command in (["/usr/sbin/chronyd", "--version"], ["/usr/sbin/mke2fs", "-V"],
                    ["/usr/sbin/e2fsck", "-V"], ["/usr/sbin/resize2fs"],
                    ["/usr/sbin/runc", "--version"], ["/usr/bin/containerd", "--version"],
                    ["/usr/bin/keel-agent", "--version"], ["/opt/cni/bin/loopback"]):
        done = subprocess.run(["chroot", root, *command], capture_output=True, timeout=60,
                              stdin=subprocess.DEVNULL, text=True)
        expect("error while loading" not in done.stderr and done.returncode < 126,
               f"{command}: {done.stderr}")


def _bill(report, first):
    with report.test("the bill of materials lists every package with version and SHA-256"):
        bill = json.loads((first / NAMES[1]).read_text())
        expect_equal(bill["spdxVersion"], "SPDX-2.3", "the version")
        listed = {(one["name"], one["versionInfo"], one["checksums"][0]["checksumValue"])
                  for one in bill["packages"] if one["supplier"].endswith("Debian")}
        wanted = {package[:3] for package in packages.read_lock()
                  if package.flavour in (None, "cloud")}
        expect_equal(listed, wanted, "the packages")
        kubelets = [one["versionInfo"] for one in bill["packages"] if one["name"] == "kubelet"]
        expect_equal(kubelets, [kubernetes.Sources().release], "the kubelet's version")
        images = [(one["name"], one["versionInfo"]) for one in bill["packages"]
                  if one["SPDXID"].startswith("SPDXRef-Image-")]
        expect_equal(images, [("registry.k8s.io/pause", "3.2")], "the container images")
        names = {one["SPDXID"] for one in bill["packages"]}
        expect_equal(len(names), len(bill["packages"]), "the number of identifiers")
        ends = {one["relatedSpdxElement"] for one in bill["relationships"]}
        expect_equal(ends, names, "what the relationships speak of")


def _overlay(scene, report, first):
    with report.test("a site's container image comes along, and the checker takes it"):
        path = scene.folder / "site.tar"
        path.write_bytes(oci.archive("localhost/site:1", {"/bin/sh": b"#!/x"}, ["/bin/sh"]))
        output = scene.folder / "preloaded"
        done = scene.build(output, "--compressor", "fast", "--no-disk", "--preload", path)
        expect(done.returncode == 0, done.stderr)
        bill = json.loads((output / NAMES[1]).read_text())
        expect(any(one["name"] == "localhost/site" for one in bill["packages"]), "no such image")
    with report.test("an overlay replaces and adds files, and a broken root can be had for tests"):
        overlay = scene.folder / "change"
        (overlay / "etc/keel").mkdir(parents=True)
        (overlay / "etc/hosts").write_text("127.0.0.1 other\n")
        (overlay / "etc/keel/site").write_text("here\n")
        output = scene.folder / "broken"
        done = scene.build(output, "--compressor", "fast", "--no-disk", "--broken", "--overlay",
                           overlay, "--without", "/usr/bin/keel-agent")
        expect(done.returncode == 0, done.stderr)
        subprocess.run(["tar", "-xf", output / NAMES[0], "-C", output], check=True)
        found = {one.place: one for one in entries.of_squashfs(output / "root.squashfs", output)}
        expect_equal(found["/etc/hosts"].read(), b"127.0.0.1 other\n", "/etc/hosts")
        expect_equal(found["/etc/keel/site"].read(), b"here\n", "/etc/keel/site")
        expect("/usr/bin/keel-agent" not in found, "the agent is there")
        expect(not (output / "disk.img").exists(), "a disk was made")


def _variants(scene, report):
    table = [("default", ())]
    if scene.everything:
        table += [("metal", ("--kernel", "metal", "--console", "both", "--compressor", "fast")),
                  ("xz", ("--compressor", "xz")), ("lzo", ("--compressor", "lzo"))]
    for name, options in table:
        output = scene.folder / name
        with report.test(f"the {name} variant is made and passes the checker"):
            done = scene.build(output, "--no-disk", *options, programs=scene.given)
            expect(done.returncode == 0, done.stderr)
            size = (output / NAMES[0]).stat().st_size
            report.note(f"{name}: {size / 1e6:.1f} MB")
            for line in done.stdout.splitlines():
                if line.startswith("  "):
                    report.note(line.strip())
            if name == "default":
                expect(size < LIMIT, f"{size} bytes are over {LIMIT:.0f}")
