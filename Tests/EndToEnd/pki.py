"""Certificates for TLS on the loopback, made by openssl."""

import pathlib

from programs import tool

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


class Pki:
    """An authority with a server and a client, and another authority that nobody trusts."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "pki"
        self.folder.mkdir()
        for name in ("ca", "other"):
            self._make(name)
        self._make("server", "-addext", "subjectAltName=IP:127.0.0.1", by="ca")
        self._make("elsewhere", "-addext", "subjectAltName=DNS:elsewhere.example", by="ca")
        self._make("client", "-addext", "extendedKeyUsage=clientAuth", by="ca")
        self._make("stranger", "-addext", "extendedKeyUsage=clientAuth", by="other")

    def file(self, name):
        return self.folder / name

    def _make(self, name, *options, by=None):
        signer = ()
        if by:
            signer = ("-CA", self.file(f"{by}.pem"), "-CAkey", self.file(f"{by}.key"),
                      "-addext", "basicConstraints=critical,CA:FALSE")
        tool("openssl", "req", "-x509", *EC, "-subj", f"/CN={name}", *options, *signer,
             "-keyout", self.file(f"{name}.key"), "-out", self.file(f"{name}.pem"))
