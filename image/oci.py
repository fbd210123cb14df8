"""Writes container images as OCI layouts in a tar, and looks through those of others.

Layout: OCI image-spec 1.0, image-layout.md; a name as containerd keeps it, in the annotation
`io.containerd.image.name`. The same files give the same bytes: in order, time 0, owner 0.
"""

import gzip
import hashlib
import io
import json
import posixpath
import re
import tarfile
from typing import NamedTuple

from faults import BuildError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
NAME = "io.containerd.image.name"
MANIFESTS = {MANIFEST, "application/vnd.docker.distribution.manifest.v2+json"}
INDEXES = {INDEX, "application/vnd.docker.distribution.manifest.list.v2+json"}
# With a registry and a tag: the kubelet asks for no other.
_NAMED = re.compile(r"(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
                    r":\w[\w.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCUMENT = 4 << 20  # no manifest is longer


class Found(NamedTuple):
    """What an archive holds."""

    name: str    # such as registry.k8s.io/pause:3.2
    digest: str  # of the manifest, or of the index of several


def archive(name, files, entrypoint, user="", command=(), environment=()):
    """The archive of an image of one layer. `files` is {place: bytes}; all may be executed."""
    layer = _layer(files)
    packed = gzip.compress(layer, 9, mtime=0)
    settings = {"Entrypoint": list(entrypoint), "Cmd": list(command), "Env": list(environment),
                "User": user}
    config = _document({
        "architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
        "config": {key: value for key, value in settings.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]}})
    manifest = _document({"schemaVersion": 2, "mediaType": MANIFEST,
                          "config": _descriptor(CONFIG, config),
                          "layers": [_descriptor(LAYER, packed)]})
    entry = {**_descriptor(MANIFEST, manifest),
             "platform": {"architecture": "amd64", "os": "linux"},
             "annotations": {NAME: name, "org.opencontainers.image.ref.name": name.split(":")[-1]}}
    members = {"oci-layout": _document({"imageLayoutVersion": "1.0.0"}),
               "index.json": _document({"schemaVersion": 2, "mediaType": INDEX,
                                        "manifests": [entry]})}
    members |= {_place(_digest(blob)): blob for blob in (manifest, config, packed)}
    return _tar([_file(place, data, 0o644) for place, data in members.items()])


def look(file, what):
    """What the archive in this binary file holds.

    Every blob must have the digest it is called by, and everything that is named be there: what a
    node could not import is refused. What lies inside the layers is not looked at.
    """
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            return _Look(tar, what).found()
    except tarfile.TarError as fault:
        raise BuildError(f"{what} is no tar archive: {fault}") from None


class _Look:
    def __init__(self, tar, what):
        self._tar, self._what = tar, what
        self._members = {}
        for member in tar:
            place = posixpath.normpath(member.name)
            if not (member.isfile() or member.isdir()) or place.startswith(("/", "..")):
                raise BuildError(f"{what} holds {member.name}, which no image needs")
            if member.isfile():
                if place in self._members:
                    raise BuildError(f"{what} holds {place} twice")
                self._members[place] = member

    def found(self):
        if self._json("oci-layout").get("imageLayoutVersion") != "1.0.0":
            raise BuildError(f"{self._what} is no OCI layout of version 1.0.0")
        listed = self._json("index.json").get("manifests")
        if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
            raise BuildError(f"{self._what} does not hold exactly one image")
        name = (listed[0].get("annotations") or {}).get(NAME)
        if not name:
            raise BuildError(f"{self._what} does not name its image: there is no {NAME}")
        if not isinstance(name, str) or not _NAMED.fullmatch(name):
            raise BuildError(f"{self._what} calls its image {name}; expected"
                             " REGISTRY/REPOSITORY:TAG")
        self._digests()
        if not self._manifest(listed[0]):
            raise BuildError(f"{self._what}: {name} is not for linux/amd64")
        return Found(name, listed[0]["digest"])

    def _digests(self):
        for place, member in self._members.items():
            if not place.startswith("blobs/"):
                continue
            sum_ = hashlib.sha256()
            with self._tar.extractfile(member) as blob:
                while block := blob.read(1 << 20):
                    sum_.update(block)
            if place != f"blobs/sha256/{sum_.hexdigest()}":
                raise BuildError(f"{self._what}: {place} has the SHA-256 {sum_.hexdigest()}")

    def _manifest(self, descriptor):
        """Whether there is one for our platform below; all it names must be there."""
        kind = descriptor.get("mediaType")
        document = self._json(self._blob(descriptor))
        if kind in INDEXES:
            found = [self._manifest(one) for one in document.get("manifests") or []]
            return any(found)
        if kind not in MANIFESTS:
            raise BuildError(f"{self._what} holds a {kind}, which is no image")
        config = self._json(self._blob(document.get("config")))
        for layer in document.get("layers") or []:
            self._blob(layer)
        return (config.get("os"), config.get("architecture")) == ("linux", "amd64")

    def _blob(self, descriptor):
        """Where a blob is, which is there and as long as it should be."""
        digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise BuildError(f"{self._what} names a blob by {digest}; expected sha256:...")
        member = self._members.get(_place(digest))
        if member is None:
            raise BuildError(f"{self._what} is not whole: {_place(digest)} is missing")
        if member.size != descriptor.get("size"):
            raise BuildError(f"{self._what}: {_place(digest)} has {member.size} bytes, expected"
                             f" {descriptor.get('size')}")
        return _place(digest)

    def _json(self, place):
        member = self._members.get(place)
        if member is None or member.size > _DOCUMENT:
            raise BuildError(f"{self._what} is no OCI layout: it has no {place}")
        try:
            found = json.loads(self._tar.extractfile(member).read())
        except ValueError as fault:
            raise BuildError(f"{self._what}: {place} is no JSON: {fault}") from None
        if not isinstance(found, dict):
            raise BuildError(f"{self._what}: {place} is no JSON object")
        return found


def _layer(files):
    folders = {parent for place in files for parent in _parents(place)}
    entries = [_folder(place) for place in folders]
    entries += [_file(place.strip("/"), data, 0o755) for place, data in files.items()]
    return _tar(sorted(entries, key=lambda entry: entry[0].name))


def _parents(place):
    parent = posixpath.dirname(place.strip("/"))
    while parent:
        yield parent
        parent = posixpath.dirname(parent)


def _folder(place):
    head = tarfile.TarInfo(place)
    head.type, head.mode = tarfile.DIRTYPE, 0o755
    return head, b""


def _file(place, data, mode):
    head = tarfile.TarInfo(place)
    head.size, head.mode = len(data), mode
    return head, data


def _tar(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for head, data in entries:
            tar.addfile(head, io.BytesIO(data))
    return out.getvalue()


def _document(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _descriptor(kind, data):
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _place(digest):
    return "blobs/" + digest.replace(":", "/")
