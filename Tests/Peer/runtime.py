#!/usr/bin/env python3
"""A container runtime that has no containers: runtime.py SOCKET WAY

Serves `runtime.v1.RuntimeService` by Python's grpcio on a socket until its input ends: `Status`, and a
sandbox's making, stopping and removing, a second each. WAY is what the status is: `ready`, `unready`,
`empty` (no condition), `wrong` (an error), `silent` (never answers); with `busy` it is none, and in the
making the whole program stands still for 25 seconds. Prints a line when it serves.
"""

import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import time

import setup


def field(tag, value):
    """A field of protobuf: a bool, or what has a length."""
    if isinstance(value, bool):
        return bytes([tag << 3, value])
    value = value.encode() if isinstance(value, str) else value
    return bytes([tag << 3 | 2, len(value)]) + value


def condition(kind, is_met, reason="", message=""):
    return field(1, field(1, kind) + field(2, is_met) + field(3, reason) + field(4, message))


NO_NETWORK = condition("NetworkReady", False, "NetworkPluginNotReady", "cni config uninitialized")
ANSWERS = {
    "ready": field(1, condition("RuntimeReady", True) + NO_NETWORK),
    "unready": field(1, condition("RuntimeReady", False, "Sick", "no room for snapshots")),
    "empty": b"",
}


def stand_still():
    subprocess.Popen(["sh", "-c", f"sleep 25; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), signal.SIGSTOP)
    # It comes to each thread in its time.
    time.sleep(1)


def serve(socket, way):
    import grpc

    def status(_, context):
        if way == "wrong":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "unknown service runtime.v1")
        while way == "silent" and context.is_active():
            time.sleep(0.05)
        return ANSWERS.get(way, b"")

    def slow(answer, moment=lambda: time.sleep(1)):
        def handle(*_):
            moment()
            return answer
        return grpc.unary_unary_rpc_method_handler(handle)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    handlers = {"Status": grpc.unary_unary_rpc_method_handler(status),
                "RunPodSandbox": slow(field(1, "sandbox"), *[stand_still] * (way == "busy")),
                "StopPodSandbox": slow(b""), "RemovePodSandbox": slow(b"")}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("runtime.v1.RuntimeService", handlers)])
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    print("serves", flush=True)
    sys.stdin.read()
    server.stop(0).wait(10)


if __name__ == "__main__":
    if "grpc" in os.environ.get("RUNTIME_PEER", ""):
        serve(*sys.argv[1:])
    else:
        program = setup.python()
        here = pathlib.Path(__file__).resolve()
        environment = dict(os.environ, RUNTIME_PEER="grpc", PYTHONDONTWRITEBYTECODE="1")
        os.execve(program, [str(program), str(here), *sys.argv[1:]], environment)
