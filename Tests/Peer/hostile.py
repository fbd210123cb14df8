#!/usr/bin/env python3
"""Clients that no node should have to serve: bare sockets, in the standard library alone.

    hostile.py plaintext PORT          HTTP/2 without TLS
    hostile.py tls VERSION PORT        a TLS handshake of this version alone: 1.1, 1.2, 1.3
    hostile.py garbage PORT SEED       200 connections that send noise
    hostile.py noise PORT SEED         50 connections that send noise inside TLS
    hostile.py half-open PORT COUNT    connections that never say a word, held until stdin ends

Prints what came of it in one line: `refused`, `accepted`, or numbers.
"""

import random
import socket
import ssl
import sys
import warnings

HOST = "127.0.0.1"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def connect(port, seconds=10):
    return socket.create_connection((HOST, port), timeout=seconds)


def answer(connection):
    """What the node sends back until it closes, at most 64 KiB."""
    received = b""
    try:
        while len(received) < 65536:
            part = connection.recv(4096)
            if not part:
                break
            received += part
    except OSError:
        pass
    return received


def plaintext(port):
    with connect(port) as connection:
        connection.sendall(PREFACE)
        received = answer(connection)
    # A TLS alert (21) is no answer to HTTP/2.
    print("refused" if received[:1] in (b"", b"\x15") else "accepted")


def context(version=None):
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    settings.check_hostname = False
    settings.verify_mode = ssl.CERT_NONE
    settings.set_ciphers("ALL:@SECLEVEL=0")
    settings.set_alpn_protocols(["h2"])
    if version:
        settings.minimum_version = version
        settings.maximum_version = version
    return settings


def handshake(version, port):
    warnings.simplefilter("ignore")  # TLS 1.1 is old: that is the point
    versions = {
        "1.1": ssl.TLSVersion.TLSv1_1,
        "1.2": ssl.TLSVersion.TLSv1_2,
        "1.3": ssl.TLSVersion.TLSv1_3,
    }
    try:
        with connect(port) as plain:
            with context(versions[version]).wrap_socket(plain) as connection:
                print("accepted " + connection.version())
    except OSError:
        print("refused")


def garbage(port, seed):
    chance = random.Random(seed)
    answered = 0
    for _ in range(200):
        noise = chance.randbytes(chance.choice([1, 7, 64, 517, 4096, 65536]))
        if chance.random() < 0.5:
            noise = b"\x16\x03\x01" + noise
        try:
            with connect(port) as connection:
                connection.sendall(noise)
                connection.shutdown(socket.SHUT_WR)
                answered += answer(connection)[:1] not in (b"", b"\x15")
        except OSError:
            pass
    print(f"refused {200 - answered}")


def noise_inside(port, seed):
    chance = random.Random(seed)
    ended = 0
    for index in range(50):
        noise = chance.randbytes(chance.choice([1, 9, 100, 16384]))
        if index % 3 == 0:
            noise = PREFACE + noise
        try:
            with connect(port) as plain:
                with context().wrap_socket(plain) as connection:
                    connection.sendall(noise)
                    connection.settimeout(1)
                    answer(connection)
        except OSError:
            pass
        ended += 1
    print(f"ended {ended}")


def half_open(port, count):
    held = [connect(port) for _ in range(count)]
    print(f"open {len(held)}", flush=True)
    sys.stdin.read()
    closed = 0
    for connection in held:
        connection.setblocking(False)
        try:
            closed += connection.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
    print(f"closed {closed}")


def main():
    kind, *rest = sys.argv[1:]
    if kind == "plaintext":
        plaintext(int(rest[0]))
    elif kind == "tls":
        handshake(rest[0], int(rest[1]))
    elif kind == "garbage":
        garbage(int(rest[0]), int(rest[1]))
    elif kind == "noise":
        noise_inside(int(rest[0]), int(rest[1]))
    elif kind == "half-open":
        half_open(int(rest[0]), int(rest[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
