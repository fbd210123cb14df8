#!/usr/bin/env python3
"""Talks to a running node with somebody else's gRPC: Python's grpcio, from node.proto alone.

    peer.py --endpoint 127.0.0.1:50051 --ca server.crt --cert client.crt --key client.key

The node must be bootstrapped, and the certificate an administrator's. `--ca` is what signed the
node's certificate, or that certificate itself. Nothing on the node is changed. The last line is
`N passed, N failed`.
"""

import argparse
import os
import pathlib
import sys

import setup


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", help="HOST:PORT of the node")
    parser.add_argument("--ca", type=pathlib.Path, help="PEM by which the node is believed")
    parser.add_argument("--cert", type=pathlib.Path, help="the client's certificate, PEM")
    parser.add_argument("--key", type=pathlib.Path, help="its key, PEM")
    parser.add_argument("--prepare", action="store_true", help="only make the environment")
    chosen = parser.parse_args()
    missing = not all([chosen.endpoint, chosen.ca, chosen.cert, chosen.key])
    if missing and not chosen.prepare:
        parser.error("--endpoint, --ca, --cert and --key are needed")
    return chosen


def main():
    chosen = arguments()
    program = setup.python()
    stubs = setup.stubs(program)
    if chosen.prepare:
        return
    here = pathlib.Path(__file__).resolve().parent
    environment = dict(os.environ, PYTHONPATH=f"{stubs}:{here}", PYTHONDONTWRITEBYTECODE="1")
    environment["GRPC_VERBOSITY"] = "NONE"
    files = [str(path) for path in (chosen.ca, chosen.cert, chosen.key)]
    command = [str(program), str(here / "checks.py"), chosen.endpoint, *files]
    os.execve(program, command, environment)


if __name__ == "__main__":
    sys.exit(main())
