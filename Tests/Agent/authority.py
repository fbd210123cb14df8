"""Certificates made by the openssl command: good ones, and every kind of bad one."""

import base64
import dataclasses
import datetime
import functools
import hashlib
import pathlib

from programs import tool

CONFIGURATION = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}/issued
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
[anything]
organizationName = optional
organizationalUnitName = optional
commonName = optional
[req]
distinguished_name = nothing
[nothing]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
LEAF = """
basicConstraints = critical,CA:{is_authority}
keyUsage = critical,digitalSignature{more}
extendedKeyUsage = {purpose}
"""


@dataclasses.dataclass(frozen=True)
class Identity:
    """A certificate and its key, in PEM files."""

    certificate: pathlib.Path
    key: pathlib.Path
    subject: str
    """Common name: enough to find a client in the audit log."""

    @property
    def certificate_pem(self):
        return self.certificate.read_bytes()

    @property
    def key_pem(self):
        return self.key.read_bytes()


def moment(days):
    """As `openssl ca` writes a time."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return then.strftime("%Y%m%d%H%M%SZ")


@functools.cache
def fingerprint(pem):
    """SHA-256 of the public key in a certificate: of its SubjectPublicKeyInfo, DER."""
    key = tool("openssl", "x509", "-noout", "-pubkey", stdin=pem, timeout=30)
    return hashlib.sha256(base64.b64decode("".join(key.splitlines()[1:-1]))).hexdigest()


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name, subject=None):
        self.folder = pathlib.Path(folder)
        self.name = name
        (self.folder / "issued").mkdir(parents=True)
        (self.folder / "index.txt").write_text("")
        self.configuration = self.folder / "openssl.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=self.folder))
        self.certificate, self.key = self.folder / "ca.crt", self.folder / "ca.key"
        tool("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-config", self.configuration,
             "-extensions", "authority", "-subj", subject or f"/CN={name} authority",
             "-keyout", self.key, "-out", self.certificate, timeout=30)

    @property
    def pem(self):
        return self.certificate.read_bytes()

    @functools.cache
    def _issued(self, name, subject, days_from, days_to, purpose, is_authority, signer):
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate = self.folder / f"{name}.crt"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(LEAF.format(
            is_authority="TRUE" if is_authority else "FALSE", purpose=purpose,
            more=",keyCertSign" if is_authority else ""))
        tool("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-config", self.configuration, "-subj", subject, "-keyout", key,
             "-out", request, timeout=30)
        who = (["-selfsign", "-keyfile", key] if signer == "itself" else
               ["-cert", (signer or self).certificate, "-keyfile", (signer or self).key])
        tool("openssl", "ca", "-batch", "-notext", "-preserveDN", "-config", self.configuration,
             *who, "-startdate", moment(days_from), "-enddate", moment(days_to),
             "-extfile", extensions, "-in", request, "-out", certificate, timeout=30)
        return Identity(certificate, key, subject.rpartition("/CN=")[2])

    def issue(self, name, organisations=(), subject=None, days_from=-1, days_to=7,
              purpose="clientAuth", is_authority=False, signer=None):
        """A certificate for `name`, made once. `signer` signs instead: another identity, or
        "itself"."""
        subject = subject or "".join(f"/O={each}" for each in organisations) + f"/CN={name}"
        return self._issued(name, subject, days_from, days_to, purpose, is_authority, signer)
