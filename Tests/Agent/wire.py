"""Bytes on the wire without any library: TLS lines, and HTTP/2 frames right or wrong."""

import contextlib
import socket
import ssl
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 3, 4, 6, 7, 8, 9)
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags=0, stream=0, payload=b""):
    """RFC 9113, 4.1."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field without indexing, no Huffman code: RFC 7541, 6.2.2."""
    name, value = name.encode(), value.encode()
    return b"\0" + length(name) + name + length(value) + value


def length(text):
    size = len(text)
    if size < 127:
        return bytes([size])
    rest, out = size - 127, b"\x7f"
    while rest >= 128:
        out += bytes([rest % 128 + 128])
        rest //= 128
    return out + bytes([rest])


def request_fields(path, scheme="https", extra=()):
    """The header block of a gRPC call."""
    fields = [(":method", "POST"), (":scheme", scheme), (":path", path),
              (":authority", "node"), ("te", "trailers"), ("content-type", "application/grpc"),
              *extra]
    return b"".join(literal(*field) for field in fields)


def message(content, compressed=0):
    """A gRPC message with its prefix."""
    return struct.pack(">BI", compressed, len(content)) + content


def plain(port, timeout=5):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def context(identity=None, oldest=ssl.TLSVersion.TLSv1_2, newest=ssl.TLSVersion.TLSv1_3,
            protocols=("h2",)):
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    with quiet():
        if oldest < ssl.TLSVersion.TLSv1_2:
            found.set_ciphers("ALL:@SECLEVEL=0")
        found.minimum_version, found.maximum_version = oldest, newest
    if protocols:
        found.set_alpn_protocols(list(protocols))
    if identity:
        found.load_cert_chain(identity.certificate, identity.key)
    return found


@contextlib.contextmanager
def quiet():
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def line(port, identity=None, timeout=5, **options):
    """A TLS connection. The caller closes it."""
    return context(identity, **options).wrap_socket(plain(port, timeout))


def read_all(connection, limit=1 << 20):
    """What comes until the other side closes, or nothing comes any more."""
    found = b""
    with contextlib.suppress(OSError):
        while len(found) < limit:
            piece = connection.recv(65536)
            if not piece:
                break
            found += piece
    return found
