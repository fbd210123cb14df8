"""NodeService by Python's grpcio, for the part `api`: the calls that are measured, and no others.

    grpcio_server.py PORT IDENTITY CLIENT-CA AUDIT STUBS threads|aio

Started by `api.py` in the environment that Tests/Peer keeps. It shows the agent's own certificate,
wants a certificate of the same client CA, and streams a copy of the agent's audit log. What it does
not do: read the disk for a status, look for the caller's role, keep an account of the call.
"""

import asyncio
import concurrent.futures
import os
import pathlib
import platform
import sys
import threading

import grpc

MESSAGE = 48 << 10
"""Bytes of audit lines in one message, as the agent's."""
THREADS = 8


def status(pb):
    """As an agent would tell of a disk with one release in slot a."""
    digest = "5" * 64
    status = pb.GetStatusResponse(
        version="1.0.0", digest=digest, next="a", why=pb.WHY_OFFLINE, machine_id="1" * 32,
        standing=pb.STANDING_TRUSTED, boot_id="2" * 36, hostname=platform.node(),
        kernel=platform.release(), machine_architecture="x86_64", agent_version="0.1.0",
        bootstrapped=True, loader_contract=1)
    status.slots.add(slot="a", content="whole", version="1.0.0", digest=digest, grant="trusted",
                     size=32 << 20, epoch=1, state="good")
    status.slots.add(slot="b", content="empty", grant="forbidden", size=32 << 20, state="none")
    status.record.sequence, status.record.source = 1, "env0"
    status.record.copies.extend(["whole"] * 3)
    status.uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    status.clock.now = 1
    status.audit.count, status.audit.hash = 1, digest
    return status


def audit(pb, folder):
    """The messages of a ReadAudit over all lines."""
    first, size, lines = 0, 0, []
    for file in sorted(folder.glob("*.jsonl")):
        first = first or int(file.stem)
        for line in file.read_bytes().splitlines():
            size += len(line)
            if size > MESSAGE and lines:
                yield pb.ReadAuditResponse(first=first, lines=lines)
                first, size, lines = first + len(lines), len(line), []
            lines.append(line)
    yield pb.ReadAuditResponse(first=first, lines=lines)


def handlers(pb, health, folder, is_async):
    """Both services, from the messages of the contract alone."""
    serving = health.HealthCheckResponse.SERVING

    def get_status(request, context):
        return status(pb)

    def check(request, context):
        return health.HealthCheckResponse(status=serving)

    def read_audit(request, context):
        yield from audit(pb, folder)

    if is_async:
        plain_status, plain_check = get_status, check

        async def get_status(request, context):
            return plain_status(request, context)

        async def check(request, context):
            return plain_check(request, context)

        async def read_audit(request, context):
            for message in audit(pb, folder):
                yield message

    def unary(method, request, response):
        return grpc.unary_unary_rpc_method_handler(
            method, request.FromString, response.SerializeToString)

    node = {
        "GetStatus": unary(get_status, pb.GetStatusRequest, pb.GetStatusResponse),
        "ReadAudit": grpc.unary_stream_rpc_method_handler(
            read_audit, pb.ReadAuditRequest.FromString, pb.ReadAuditResponse.SerializeToString),
    }
    checks = {"Check": unary(check, health.HealthCheckRequest, health.HealthCheckResponse)}
    return (grpc.method_handlers_generic_handler("keel.v1.NodeService", node),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", checks))


def open_door(server, port, identity, client_ca):
    credentials = grpc.ssl_server_credentials(
        [((identity / "agent.key").read_bytes(), (identity / "agent.crt").read_bytes())],
        root_certificates=client_ca.read_bytes(), require_client_auth=True)
    if not server.add_secure_port(f"127.0.0.1:{port}", credentials):
        sys.exit("grpcio_server: the port is taken")


async def serve_async(every, door):
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(every)
    open_door(server, *door)
    await server.start()
    await server.wait_for_termination()


def serve(every, door):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(THREADS))
    server.add_generic_rpc_handlers(every)
    open_door(server, *door)
    server.start()
    server.wait_for_termination()


def main():
    port, identity, client_ca, folder, stubs, kind = sys.argv[1:]
    sys.path.append(stubs)
    import health_pb2
    import node_pb2
    # Ends with the bench, whatever ends that: the bench holds the other end of this pipe.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    every = handlers(node_pb2, health_pb2, pathlib.Path(folder), kind == "aio")
    door = (int(port), pathlib.Path(identity), pathlib.Path(client_ca))
    if kind == "aio":
        asyncio.run(serve_async(every, door))
    else:
        serve(every, door)


if __name__ == "__main__":
    main()
