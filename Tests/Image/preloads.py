"""Container images in a release: pause, those of a site, and what is refused as one."""

import io
import json
import pathlib
import subprocess
import tarfile
import tempfile

import oci
import packages
import preload
import recipe
from refused import refuses
from report import expect, expect_equal

SITE = "registry.example.com:5000/team/site:1.0"


def run(scene, report):
    folder = pathlib.Path(tempfile.mkdtemp(dir=scene.folder))
    made = oci.archive(SITE, {"/bin/site": b"program", "/etc/site": b"x"}, ["/bin/site"], "7:7",
                       ["serve"], ["A=1"])
    _form(report, folder, made)
    _refusals(report, made)
    _pause(report, folder)
    _given(report, folder, made)


def _form(report, folder, made):
    with report.test("the same files make the same image, in whichever order they are named"):
        again = oci.archive(SITE, {"/etc/site": b"x", "/bin/site": b"program"}, ["/bin/site"],
                            "7:7", ["serve"], ["A=1"])
        expect_equal(again, made, "the archive")
    with report.test("tar and sha256sum find blobs with the digests they are called by"):
        home = folder / "form"
        home.mkdir()
        subprocess.run(["tar", "-x", "-C", home], input=made, check=True)
        blobs = sorted((home / "blobs/sha256").iterdir())
        said = subprocess.run(["sha256sum", *blobs], capture_output=True, text=True, check=True)
        expect_equal([line.split()[0] for line in said.stdout.splitlines()],
                     [path.name for path in blobs], "the digests")
        layer = max(blobs, key=lambda path: path.read_bytes()[:2] == b"\x1f\x8b")
        said = subprocess.run(["tar", "-tvzf", layer], capture_output=True, text=True, check=True,
                              env={"TZ": "UTC", "PATH": "/usr/bin:/bin"})
        rows = [line.split() for line in said.stdout.splitlines()]
        expect_equal([(row[0], row[1], row[3], row[5]) for row in rows], [
            ("drwxr-xr-x", "0/0", "1970-01-01", "bin/"),
            ("-rwxr-xr-x", "0/0", "1970-01-01", "bin/site"),
            ("drwxr-xr-x", "0/0", "1970-01-01", "etc/"),
            ("-rwxr-xr-x", "0/0", "1970-01-01", "etc/site")], "what tar lists")
    with report.test("an image that was written is found whole, by its name"):
        expect_equal(oci.look(io.BytesIO(made), "it").name, SITE, "the name")


def _refusals(report, made):
    def without(place):
        return lambda files: {name: data for name, data in files.items() if name != place}

    def index(change):
        def apply(files):
            document = json.loads(files["index.json"])
            change(document)
            return {**files, "index.json": json.dumps(document).encode()}
        return apply

    def named(name):
        return index(lambda one: one["manifests"][0]["annotations"].update({oci.NAME: name}))

    def pretend(files):
        """A manifest of another platform's image, with its right digest."""
        for place, data in files.items():
            if b'"architecture":"amd64"' in data and place.startswith("blobs/"):
                config = data.replace(b"amd64", b"arm64")
                break
        manifest = json.loads(files[_manifest(files)])
        manifest["config"] = oci._descriptor(oci.CONFIG, config)
        changed = json.dumps(manifest).encode()
        listed = json.loads(files["index.json"])
        listed["manifests"][0] |= oci._descriptor(oci.MANIFEST, changed)
        more = {oci._place(oci._digest(one)): one for one in (config, changed)}
        return {**files, **more, "index.json": json.dumps(listed).encode()}

    def spoiled(files):
        place = _manifest(files)
        return {**files, place: files[place] + b" "}

    cases = (
        ("no layout", without("oci-layout"), "is no OCI layout: it has no oci-layout"),
        ("another layout", lambda files: {**files, "oci-layout": b"{}"}, "of version 1.0.0"),
        ("no index", without("index.json"), "it has no index.json"),
        ("an index that is no JSON", lambda files: {**files, "index.json": b"x"}, "is no JSON"),
        ("an index that is a list", lambda files: {**files, "index.json": b"[]"},
         "is no JSON object"),
        ("two images", index(lambda one: one["manifests"].append(one["manifests"][0])),
         "exactly one image"),
        ("no name", index(lambda one: one["manifests"][0].pop("annotations")),
         "does not name its image"),
        ("a name without a registry", named("site:1.0"), "expected REGISTRY/REPOSITORY:TAG"),
        ("a name without a tag", named("registry.example.com/site"), "expected REGISTRY"),
        ("something else in it", index(lambda one: one["manifests"][0].update(mediaType="x/y")),
         "holds a x/y, which is no image"),
        ("a descriptor without a digest", index(lambda one: one["manifests"][0].pop("digest")),
         "names a blob by None"),
        ("a blob of another size", index(lambda one: one["manifests"][0].update(size=1)),
         "bytes, expected 1"),
        ("a blob with another digest", spoiled, "has the SHA-256"),
        ("a blob that is missing", lambda files: without(_manifest(files))(files), "is not whole"),
        ("another platform", pretend, "is not for linux/amd64"),
    )
    for what, change, words in cases:
        with report.test(f"an archive with {what} is refused"):
            refuses(words, oci.look, io.BytesIO(_again(change(_files(made)))), "it")
    with report.test("what is no tar, is packed, ends early, or leads out, is refused"):
        for data in (b"", b"x" * 2000, subprocess.run(
                ["gzip", "-c"], input=made, capture_output=True, check=True).stdout):
            refuses("is no tar archive", oci.look, io.BytesIO(data), "it")
        refuses("is no tar archive", oci.look, io.BytesIO(made[:3000]), "it")
        refuses("which no image needs", oci.look,
                io.BytesIO(_again({**_files(made), "../x": b""})), "it")
    with report.test("an archive with a member twice is refused"):
        members = [oci._file(name, data, 0o644) for name, data in _files(made).items()]
        twice = oci._tar(members + members[:1])
        refuses("twice", oci.look, io.BytesIO(twice), "it")


def _files(made):
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def _again(files):
    return oci._tar([oci._file(name, data, 0o644) for name, data in files.items()])


def _manifest(files):
    digest = json.loads(files["index.json"])["manifests"][0]["digest"]
    return oci._place(digest)


def _pause(report, folder):
    made = None
    with report.test("pause is compiled, needs no library, and is the same bytes each time"):
        made = preload.pause(packages.cache_folder())
        expect_equal(preload.pause(packages.cache_folder()), made, "the second one")
        home = folder / "pause"
        home.mkdir()
        subprocess.run(["tar", "-x", "-C", home], input=made, check=True)
        layer = max((home / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
        subprocess.run(["tar", "-xzf", layer, "-C", home], check=True)
        said = subprocess.run([home / "pause", "-v"], capture_output=True, text=True, check=True)
        expect_equal(said.stdout, "pause.c 3.2\n", "what it says")
        said = subprocess.run(["readelf", "-ld", home / "pause"], capture_output=True, text=True,
                              check=True).stdout
        expect("INTERP" not in said and "NEEDED" not in said, "it needs libraries")
    with report.test("containerd and the kubelet are told the sandbox's image by that name"):
        told = (recipe.HERE / "files/etc/containerd/config.toml").read_text()
        expect(f'sandbox_image = "{preload.PAUSE}"' in told, "containerd is told another")
        plan = recipe.HERE.parent / "Sources/Agent/Kubelet/KubeletPlan.swift"
        expect(f'sandboxImage = "{preload.PAUSE}"' in plan.read_text(), "kubelet is told another")


def _given(report, folder, made):
    cache = packages.cache_folder()
    site = folder / "site.tar"
    site.write_bytes(made)
    with report.test("a site's image comes along beside pause, under its file's name"):
        found = preload.gathered([site], cache)
        expect_equal([(one.place, one.name) for one in found],
                     [("/usr/share/keel/images/pause.tar", preload.PAUSE),
                      ("/usr/share/keel/images/site.tar", SITE)], "the images")
    with report.test("one that is not there, is called otherwise, or is a second one is refused"):
        refuses("is no file called NAME.tar", preload.gathered, [folder / "none.tar"], cache)
        (folder / "Site").write_bytes(made)
        refuses("is no file called NAME.tar", preload.gathered, [folder / "Site"], cache)
        (folder / "again.tar").write_bytes(made)
        refuses("site.tar holds", preload.gathered, [site, folder / "again.tar"], cache)
        (folder / "pause.tar").write_bytes(made)
        refuses("pause.tar holds", preload.gathered, [folder / "pause.tar"], cache)
        (folder / "bad.tar").write_bytes(made[:-20000])
        refuses("bad.tar", preload.gathered, [folder / "bad.tar"], cache)
