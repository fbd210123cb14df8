"""Kubernetes' programs, built from Debian's source package with Debian's Go.

The kubelet of the image comes from here, and the control plane of the tests. What was built is kept
in the cache by all that goes into it: sources, Go, options, and this recipe.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import packages
import recipe
from faults import BuildError

LOCK = recipe.HERE / "kubernetes.lock"
# Neither a cloud's own API nor Docker's: half of the bytes of a kubelet.
TAGS = "providerless dockerless"
COMMIT = "faecb196815e248d3ecfb03c680a4507229c2a56"
MODULE = "k8s.io/kubernetes"
# What the source package has is older than Go's way to walk a map.
REFLECT = "github.com/modern-go/reflect2"


class Sources:
    """kubernetes.lock: one source package, and the packages that build it."""

    def __init__(self, path=LOCK):
        self.name = self.version = None
        self.files, self.tools = {}, []
        for number, words in recipe.lines(path):
            if words[0] == "source" and len(words) == 5:
                self.name, self.version = words[1:3]
                self.files[words[3]] = words[4]
            elif words[0] == "package" and len(words) == 4:
                self.tools.append(packages.Locked(*words[1:], None))
            else:
                raise BuildError(f"{path.name}, line {number}: expected source NAME VERSION FILE "
                                 "SHA-256, or package NAME VERSION SHA-256")

    @property
    def release(self):
        """Kubernetes' own version: that of the tree, whatever Debian calls it."""
        return self.version.partition("really")[2].partition("-")[0]


def built(names, cache, say=lambda text: None):
    """{name: path} of the programs; what is not in the cache is built."""
    sources = Sources()
    store = cache / "kubernetes" / _key(sources)
    missing = [name for name in names if not (store / name).exists()]
    if missing:
        say(f"building {', '.join(missing)} {sources.release}: this takes some minutes")
        store.mkdir(parents=True, exist_ok=True)
        tools = packages.unpacked(sources.tools, cache, say)
        with packages.exclusive(cache):
            apt = packages.debian.SourceApt(cache)
            files = _fetch(apt, sources)
        with tempfile.TemporaryDirectory(prefix="kubernetes-", dir=cache) as folder:
            _build(pathlib.Path(folder), sources, files, tools, missing, store)
    return {name: store / name for name in names}


def _key(sources):
    text = LOCK.read_bytes() + pathlib.Path(__file__).read_bytes()
    return hashlib.sha256(text).hexdigest()[:32]


def _fetch(apt, sources):
    wanted = (sources.name, sources.version, sources.files)
    try:
        try:
            return apt.fetch_source(*wanted)
        except packages.debian.MissingPackage:
            apt.update()  # the lists are older than the lock, or there are none yet
            return apt.fetch_source(*wanted)
    except packages.debian.MissingPackage as missing:
        raise BuildError(f"a source of {LOCK.name} cannot be had from apt's sources: {missing}"
                         ) from None


def _build(folder, sources, files, tools, names, store):
    tree = folder / "gopath" / "src" / MODULE
    _unpack(tree, files)
    _renew_reflect(tree, tools)
    environment = _environment(folder, tools)
    if "kube-apiserver" in names:
        _generate(tree, folder, environment)
    for name in names:
        _go(environment, tree, "build", "-p", str(os.cpu_count() or 1), "-tags", TAGS, "-ldflags",
            _link(sources.release), "-o", folder / name, f"./cmd/{name}")
        (folder / name).rename(store / name)


def _unpack(tree, files):
    """As `dpkg-source -x` does: the tree, Debian's folder, its patches."""
    tree.mkdir(parents=True)
    for name, options in ((".orig.tar.gz", ("-xzf",)), (".debian.tar.xz", ("-xJf",))):
        archive = next(path for file, path in files.items() if file.endswith(name))
        strip = ("--strip-components=1",) if "orig" in name else ()
        _run("tar", *options, archive, "-C", tree, *strip)
    patches = tree / "debian" / "patches"
    for line in (patches / "series").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            _run("patch", "-p1", "-s", "-i", patches / line.strip(), cwd=tree)


def _renew_reflect(tree, tools):
    target = tree / "vendor" / REFLECT
    shutil.rmtree(target)
    newer = tools["golang-github-modern-go-reflect2-dev"] / "usr/share/gocode/src" / REFLECT
    shutil.copytree(newer, target, ignore=shutil.ignore_patterns("*_test.go"))


def _environment(folder, tools):
    """Of `go`: nothing of the machine's own, nothing of the network."""
    home = folder / "go"
    for name, tool in tools.items():
        if name.startswith("golang-1"):
            shutil.copytree(tool, home, symlinks=True, dirs_exist_ok=True)
    root = next((home / "usr/lib").glob("go-1.*"))
    share = next((home / "usr/share").glob("go-1.*"))
    for link in root.iterdir():
        # Absolute links into /usr/share/go-1.x.
        if link.is_symlink():
            place = share / link.name
            link.unlink()
            link.symlink_to(place)
    (folder / "tmp").mkdir()
    return {"GOROOT": str(root), "GOPATH": str(folder / "gopath"),
            "GOCACHE": str(folder / "cache"), "TMPDIR": str(folder / "tmp"),
            "PATH": f"{root}/bin:/usr/bin:/bin", "HOME": str(folder), "GO111MODULE": "off",
            "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOSUMDB": "off", "CGO_ENABLED": "0",
            "GOFLAGS": "-trimpath", "LC_ALL": "C"}


def _link(release):
    """The linker's flags: no symbols, and the version, which comes from git otherwise."""
    major, minor = release.split(".")[:2]
    facts = {"gitVersion": f"v{release}", "gitMajor": major, "gitMinor": minor,
             "gitCommit": COMMIT, "gitTreeState": "archive", "buildDate": "2021-01-13T00:00:00Z"}
    words = ["-s", "-w", "-buildid="]
    for place in ("client-go/pkg/version", "component-base/version"):
        for name, value in facts.items():
            words += ["-X", f"{MODULE}/vendor/k8s.io/{place}.{name}={value}"]
    return " ".join(words)


def _generate(tree, folder, environment):
    """The API server's description of itself, which the source package leaves to its build."""
    _go(environment, tree, "build", "-o", folder / "openapi-gen",
        "./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
    places = [place for place in ("cmd", "pkg", "plugin") if (tree / place).is_dir()]
    places += [f"staging/src/k8s.io/{each.name}" for each in (tree / "staging/src/k8s.io").iterdir()
               if each.name not in ("code-generator", "sample-apiserver")]
    marked = set()
    for place in places:
        for file in (tree / place).rglob("*.go"):
            name = str(file.relative_to(tree))
            if (name.endswith("_test.go") or "zz_generated" in name or "/testdata/" in name
                    or "/vendor/" in name):
                continue
            if b"+k8s:openapi-gen=" in file.read_bytes():
                marked.add(str(file.parent.relative_to(tree)))
    inputs = [f"{MODULE}/vendor/{place.removeprefix('staging/src/')}"
              if place.startswith("staging/") else f"{MODULE}/{place}" for place in sorted(marked)]
    _run(folder / "openapi-gen", "--logtostderr", "-h",
         "vendor/k8s.io/code-generator/hack/boilerplate.go.txt", "-i", ",".join(inputs), "-O",
         "zz_generated.openapi", "-p", f"{MODULE}/pkg/generated/openapi", "-r",
         folder / "violations", "--output-base", folder / "gopath/src", cwd=tree, env=environment)


def _go(environment, tree, *words):
    _run("go", *words, cwd=tree, env=environment)


def _run(*words, **options):
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=3600, **options)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise BuildError(f"{pathlib.Path(words[0]).name} {words[1]} failed: {said}")
