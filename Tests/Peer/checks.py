"""The checks of peer.py; runs in its environment, with the generated stubs on the path."""

import pathlib
import sys
import time
import traceback

import grpc
import health_pb2
import health_pb2_grpc
import node_pb2
import node_pb2_grpc

SECONDS = 20
MEBIBYTE = 1 << 20
CHECKS = []


def check(function):
    """Marks a function as a check; its first line of documentation is the fact."""
    CHECKS.append(function)
    return function


class Node:
    """The node under test, and who talks to it."""

    def __init__(self, endpoint, ca, certificate, key):
        self.endpoint = endpoint
        self.ca = pathlib.Path(ca).read_bytes()
        self.certificate = pathlib.Path(certificate).read_bytes()
        self.key = pathlib.Path(key).read_bytes()
        self.channel = self.connect(self.certificate, self.key)
        self.api = node_pb2_grpc.NodeServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def connect(self, certificate, key, **settings):
        security = grpc.ssl_channel_credentials(self.ca, key, certificate)
        # Nodes are reached by address; the name is the one every node's certificate has.
        options = [("grpc.ssl_target_name_override", "localhost")]
        options += [("grpc." + name, value) for name, value in settings.items()]
        return grpc.secure_channel(self.endpoint, security, options=options)


def failure(call):
    """The status code, the sentence and the detail of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        detail = node_pb2.ErrorDetail()
        for key, value in error.trailing_metadata() or ():
            if key == "keel-error-bin":
                detail.ParseFromString(value)
        return error.code(), error.details(), detail
    raise AssertionError("it did not fail")


@check
def status(node):
    """a unary call is answered"""
    answer = node.api.GetStatus(node_pb2.GetStatusRequest(), timeout=SECONDS)
    assert answer.bootstrapped, answer


@check
def many(node):
    """two hundred calls at once on one connection are all answered"""
    request = node_pb2.GetStatusRequest()
    calls = [node.api.GetStatus.future(request, timeout=SECONDS) for _ in range(200)]
    assert all(call.result().bootstrapped for call in calls)


@check
def refused(node):
    """a refused request has a code, a sentence and an ErrorDetail"""
    request = node_pb2.UpgradeRequest(source="ftp://releases.example/x")
    code, words, detail = failure(lambda: node.api.Upgrade(request, timeout=SECONDS))
    assert code == grpc.StatusCode.INVALID_ARGUMENT, code
    assert detail.reason == node_pb2.REASON_BAD_REQUEST, detail
    assert detail.sentence == words and "source" in words, words


@check
def refused_stream(node):
    """a stream of an operation that does not exist ends NOT_FOUND, with its reason"""
    request = node_pb2.WatchOperationRequest(id="f" * 32)
    stream = node.api.WatchOperation(request, timeout=SECONDS)
    code, _, detail = failure(lambda: list(stream))
    assert code == grpc.StatusCode.NOT_FOUND, code
    assert detail.reason == node_pb2.REASON_NOT_FOUND, detail


@check
def bundle(node):
    """a stream of bytes arrives: the support bundle is a gzip file"""
    stream = node.api.SupportBundle(node_pb2.SupportBundleRequest(), timeout=3 * SECONDS)
    first = next(iter(stream)).data
    assert first[:2] == b"\x1f\x8b" and len(first) <= 65536, first[:16]
    stream.cancel()


@check
def left(node):
    """a stream that is left early does not disturb the next call"""
    for _ in range(5):
        stream = node.api.SupportBundle(node_pb2.SupportBundleRequest(), timeout=SECONDS)
        next(iter(stream))
        stream.cancel()
    status(node)


@check
def deadline(node):
    """a stream that does not end before its deadline is DEADLINE_EXCEEDED"""
    stream = node.health.Watch(health_pb2.HealthCheckRequest(), timeout=0.5)
    code, _, _ = failure(lambda: list(stream))
    assert code == grpc.StatusCode.DEADLINE_EXCEEDED, code


@check
def healthy(node):
    """the standard health check says SERVING, for the node and for its service"""
    for service in ("", "keel.v1.NodeService"):
        request = health_pb2.HealthCheckRequest(service=service)
        answer = node.health.Check(request, timeout=SECONDS)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING, answer


@check
def unhealthy(node):
    """the health check of a service that is not there is NOT_FOUND"""
    request = health_pb2.HealthCheckRequest(service="nope")
    code, _, _ = failure(lambda: node.health.Check(request, timeout=SECONDS))
    assert code == grpc.StatusCode.NOT_FOUND, code


@check
def watched(node):
    """who watches the health is told at once"""
    stream = node.health.Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    answer = next(iter(stream))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING, answer
    stream.cancel()


@check
def unknown(node):
    """a method that nobody knows is UNIMPLEMENTED or refused, and not served"""
    for path in ("/keel.v1.NodeService/Nope", "/other.Service/GetStatus"):
        call = node.channel.unary_unary(path)
        code, _, _ = failure(lambda call=call: call(b"", timeout=SECONDS))
        allowed = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.PERMISSION_DENIED)
        assert code in allowed, code


@check
def malformed(node):
    """bytes that are no message are INVALID_ARGUMENT"""
    call = node.channel.unary_unary("/keel.v1.NodeService/Upgrade")
    code, _, detail = failure(lambda: call(b"\x0a\x05a", timeout=SECONDS))
    assert code == grpc.StatusCode.INVALID_ARGUMENT, code
    assert detail.reason == node_pb2.REASON_BAD_REQUEST, detail


@check
def not_utf8(node):
    """text that is not UTF-8 is INVALID_ARGUMENT"""
    call = node.channel.unary_unary("/keel.v1.NodeService/Upgrade")
    code, _, _ = failure(lambda: call(b"\x0a\x02\xff\xfe", timeout=SECONDS))
    assert code == grpc.StatusCode.INVALID_ARGUMENT, code


@check
def large(node):
    """a request of 300 KiB is INVALID_ARGUMENT, of 2 MiB and of 100 MiB RESOURCE_EXHAUSTED"""
    call = node.channel.unary_unary("/keel.v1.NodeService/Upgrade")
    expected = {
        300 << 10: (grpc.StatusCode.INVALID_ARGUMENT,),
        2 * MEBIBYTE: (grpc.StatusCode.RESOURCE_EXHAUSTED,),
        100 * MEBIBYTE: (grpc.StatusCode.RESOURCE_EXHAUSTED,),
    }
    for size, allowed in expected.items():
        request = node_pb2.UpgradeRequest(source="/" + "x" * size).SerializeToString()
        code, words, _ = failure(lambda request=request: call(request, timeout=3 * SECONDS))
        assert code in allowed, (size, code, words)
    status(node)


@check
def compressed(node):
    """a compressed request is UNIMPLEMENTED: a small one could unpack to a large one"""
    request = node_pb2.UpgradeRequest(source="/" + "x" * 4000)
    gzip = grpc.Compression.Gzip
    code, _, _ = failure(lambda: node.api.Upgrade(request, timeout=SECONDS, compression=gzip))
    assert code == grpc.StatusCode.UNIMPLEMENTED, code


@check
def without_certificate(node):
    """a client without a certificate is not served"""
    with node.connect(None, None) as channel:
        api = node_pb2_grpc.NodeServiceStub(channel)
        request = node_pb2.GetStatusRequest()
        code, _, _ = failure(lambda: api.GetStatus(request, timeout=SECONDS))
    assert code == grpc.StatusCode.UNAVAILABLE, code


@check
def plaintext(node):
    """a client without TLS is not served"""
    with grpc.insecure_channel(node.endpoint) as channel:
        api = node_pb2_grpc.NodeServiceStub(channel)
        request = node_pb2.GetStatusRequest()
        code, _, _ = failure(lambda: api.GetStatus(request, timeout=5))
    assert code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), code


@check
def keepalive(node):
    """a client that asks every 10 seconds whether the node is there keeps its connection"""
    channel = node.connect(
        node.certificate,
        node.key,
        keepalive_time_ms=10000,
        keepalive_timeout_ms=5000,
        keepalive_permit_without_calls=1,
    )
    with channel:
        api = node_pb2_grpc.NodeServiceStub(channel)
        for _ in range(2):
            assert api.GetStatus(node_pb2.GetStatusRequest(), timeout=SECONDS).bootstrapped
            time.sleep(0.2)


def main():
    node = Node(*sys.argv[1:5])
    passed = failed = 0
    for function in CHECKS:
        fact = function.__doc__.splitlines()[0]
        try:
            function(node)
            passed += 1
            print(f"ok    {fact}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL  {fact}", flush=True)
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
