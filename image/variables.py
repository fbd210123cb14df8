"""Writes a UEFI variable store with keys in it, for a machine that is made of QEMU and OVMF.

A real machine takes PK, KEK and db from its firmware's setup. Layout: UEFI Platform Initialization
1.8, volume 3 (firmware volume) and MdeModulePkg/Include/Guid/VariableFormat.h of edk2.
"""

import struct
import uuid

from faults import BuildError

_GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
_DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
_SWITCH = uuid.UUID("f0a30bc7-af08-4556-99c4-001009c93a44")
_CUSTOM = uuid.UUID("c076ec0c-7028-4399-a072-71ee5c448b9f")
_X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
_OWNER = uuid.UUID("4b45454c-4f53-4000-8000-000000000001")
_STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")  # authenticated variables
_KEPT, _AUTHENTICATED = 0x3, 0x27  # non-volatile, boot services [, run time, time-based]
_ADDED = 0x3f
_TIME = struct.pack("<HBBBBBBIHBB", 2026, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)


def with_keys(empty, certificates):
    """The store with {"PK", "KEK", "db": certificate in DER}, and Secure Boot switched on."""
    length, = struct.unpack_from("<H", empty, 48)  # of the firmware volume's header
    if empty[40:44] != b"_FVH" or empty[length:length + 16] != _STORE.bytes_le:
        raise BuildError("the variable store is not one that this code knows")
    size, = struct.unpack_from("<I", empty, length + 16)
    begin, end = length + 28, length + size
    if empty[begin:begin + 2] != b"\xff\xff":
        raise BuildError("the variable store is not empty")
    data = b""
    for name, vendor in (("PK", _GLOBAL), ("KEK", _GLOBAL), ("db", _DATABASE)):
        data += _variable(name, vendor, _AUTHENTICATED, _signatures(certificates[name]))
    data += _variable("SecureBootEnable", _SWITCH, _KEPT, b"\1")
    data += _variable("CustomMode", _CUSTOM, _KEPT, b"\0")
    if begin + len(data) > end:
        raise BuildError("the keys do not fit into the variable store")
    return empty[:begin] + data + empty[begin + len(data):]


def _signatures(certificate):
    """EFI_SIGNATURE_LIST with one certificate."""
    entry = _OWNER.bytes_le + certificate
    return _X509.bytes_le + struct.pack("<III", 28 + len(entry), 0, len(entry)) + entry


def _variable(name, vendor, attributes, data):
    """AUTHENTICATED_VARIABLE_HEADER, name, data; the next one begins at a multiple of four."""
    text = (name + "\0").encode("utf-16-le")
    time = _TIME if attributes == _AUTHENTICATED else bytes(16)
    head = struct.pack("<HBBIQ16sIII", 0x55aa, _ADDED, 0, attributes, 0, time, 0, len(text),
                       len(data)) + vendor.bytes_le
    whole = head + text + data
    return whole + b"\xff" * (-len(whole) % 4)
