"""The bill of materials: SPDX 2.3, one entry a package, a program of ours, a container image.

SPDX leaves single files out when `filesAnalyzed` is false; the image's own digest is in the
bundle's manifest, which names this document by its SHA-256.
"""

import hashlib
import json
import re
import urllib.parse

PRODUCT = "SPDXRef-KeelOS"


def document(version, created, packages, programs, kubelets, images):
    """The document's bytes. `packages` are lines of packages.lock, `programs` {name: SHA-256},
    `kubelets` {version: SHA-256}, `images` (name, digest of the manifest, SHA-256 of the file)."""
    entries = [_entry(PRODUCT, "keelos", version, "Organization: KeelOS", None)]
    for name, digest in sorted(programs.items()):
        entries.append(_entry(f"SPDXRef-{name}", name, version, "Organization: KeelOS", digest))
    for number, digest in kubelets.items():
        entries.append(_entry("SPDXRef-kubelet", "kubelet", number, "Organization: Kubernetes",
                              digest))
    entries += [_image(number, *image) for number, image in enumerate(images)]
    for package in sorted(packages):
        name = re.sub(r"[^A-Za-z0-9.-]", "-", package.name)
        entry = _entry(f"SPDXRef-Debian-{name}", package.name, package.version,
                       "Organization: Debian", package.sha256)
        entry["externalRefs"] = _reference(f"deb/debian/{_quoted(package.name)}"
                                           f"@{_quoted(package.version)}"
                                           "?arch=amd64&distro=bookworm")
        entries.append(entry)
    relations = [_relation("SPDXRef-DOCUMENT", "DESCRIBES", PRODUCT)]
    relations += [_relation(PRODUCT, "CONTAINS", entry["SPDXID"]) for entry in entries[1:]]
    body = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"keelos-{version}", "documentNamespace": "",
            "creationInfo": {"created": created, "creators": ["Tool: keelos-image"]},
            "packages": entries, "relationships": relations}
    # The name space must be the document's own: it is named by what it says.
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    body["documentNamespace"] = f"urn:keelos:sbom:{version}:{digest}"
    return (json.dumps(body, indent=1) + "\n").encode()


def _entry(reference, name, version, supplier, digest):
    entry = {"SPDXID": reference, "name": name, "versionInfo": version, "supplier": supplier,
             "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
             "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
             "copyrightText": "NOASSERTION"}
    if digest:
        entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    return entry


def _image(number, name, digest, sum_):
    repository, _, tag = name.rpartition(":")
    entry = _entry(f"SPDXRef-Image-{number}", repository, tag, "NOASSERTION", sum_)
    entry["externalRefs"] = _reference(
        f"oci/{_quoted(repository.rpartition('/')[2])}@{_quoted(digest)}"
        f"?repository_url={_quoted(repository)}&tag={_quoted(tag)}")
    return entry


def _reference(locator):
    return [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
             "referenceLocator": f"pkg:{locator}"}]


def _quoted(text):
    return urllib.parse.quote(text, safe="")


def _relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
