"""A release as bytes, taken apart and put together again without the programs under test."""

import base64
import dataclasses
import hashlib
import json
import pathlib
import struct
import tarfile
import tempfile

import tar
from programs import tool

MEMBERS = ("manifest.json", "manifest.sig", "chunks.idx", "root.squashfs")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def parse_index(index):
    """(offset, length, digest) of each chunk."""
    chunks, offset = [], 0
    for place in range(0, len(index), 36):
        length, digest = struct.unpack("<I32s", index[place:place + 36])
        chunks.append((offset, length, digest))
        offset += length
    return chunks


def make_index(root, lengths):
    """An index that cuts `root` into pieces of these lengths."""
    entries, offset = [], 0
    for length in lengths:
        piece = root[offset:offset + length]
        entries.append(struct.pack("<I32s", length, hashlib.sha256(piece).digest()))
        offset += length
    return b"".join(entries)


@dataclasses.dataclass(frozen=True)
class Key:
    """An Ed25519 key pair in files, and its id."""

    secret: pathlib.Path
    public: pathlib.Path

    @property
    def der(self):
        lines = self.public.read_text().splitlines()
        return base64.b64decode("".join(line for line in lines if not line.startswith("-")))

    @property
    def id(self):
        return sha256(self.der)

    def sign(self, message):
        """Ed25519 over exactly `message`, made by the openssl command."""
        with tempfile.TemporaryDirectory() as folder:
            text, signature = pathlib.Path(folder, "text"), pathlib.Path(folder, "signature")
            text.write_bytes(message)
            tool("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.secret,
                 "-in", text, "-out", signature)
            return signature.read_bytes()

    def line(self, message, key_id=None):
        signature = base64.b64encode(self.sign(message)).decode()
        return f"{key_id or self.id} ed25519 {signature}\n".encode()


@dataclasses.dataclass(frozen=True)
class Bundle:
    """The four members."""

    manifest: bytes
    signatures: bytes
    index: bytes
    root: bytes

    @classmethod
    def read(cls, path):
        with tarfile.open(path) as archive:
            return cls(*(archive.extractfile(name).read() for name in MEMBERS))

    @property
    def fields(self):
        return json.loads(self.manifest)

    @property
    def digest(self):
        return sha256(self.manifest)

    @property
    def chunks(self):
        return parse_index(self.index)

    @property
    def members(self):
        return list(zip(MEMBERS, (self.manifest, self.signatures, self.index, self.root)))

    @property
    def places(self):
        """Where each member's header and content begin and its content ends."""
        places, offset = {}, 0
        for name, content in self.members:
            begin = offset + tar.BLOCK
            places[name] = (offset, begin, begin + len(content))
            offset = begin + len(tar.pad(content))
        return places

    def encoded(self):
        return tar.archive(self.members)

    def signed(self, keys):
        """The same with other signatures."""
        return self.with_(signatures=b"".join(key.line(self.manifest) for key in keys))

    def with_(self, **members):
        return dataclasses.replace(self, **members)

    def restated(self, signers, remove=(), **changes):
        """Another statement about the same content. `root__size` stands for `root.size`."""
        fields = {name: value for name, value in self.fields.items() if name not in remove}
        for name, value in changes.items():
            fields[name.replace("__", ".")] = value
        text = json.dumps(fields, separators=(",", ":")).encode()
        return self.with_(manifest=text).signed(signers)

    def recut(self, signers, index, **changes):
        """Another index, rightly signed."""
        count = {"chunks__count": len(index) // 36, "chunks__sha256": sha256(index)}
        return self.with_(index=index).restated(signers, **{**count, **changes})
