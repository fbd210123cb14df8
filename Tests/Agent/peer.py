"""A client that shares no code with the programs: grpcio, with messages from node.proto."""

import dataclasses
import importlib
import re
import sys
import time

import grpc

from programs import tool

SERVICE = "/keel.v1.NodeService/"
HEALTH = "/grpc.health.v1.Health/"
HEALTH_METHODS = ("grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch")
ERROR_KEY = "keel-error-bin"
SERVING = b"\x08\x01"
SAID = set()
"""Every sentence that an agent said, in refusals and in answers."""
SPOKEN = ("sentence", "truth", "outcome", "warnings")
"""Fields that hold sentences."""


def listen(message):
    """Notes each sentence in a message, however deep it lies."""
    for field, value in message.ListFields():
        repeated = not isinstance(value, (str, bytes)) and hasattr(value, "__iter__")
        for each in value if repeated else [value]:
            if isinstance(each, str) and field.name in SPOKEN:
                SAID.add(each)
            elif hasattr(each, "ListFields"):
                listen(each)


def broken(sentence):
    """Whether it came apart where sentences were put together."""
    return bool(not sentence.endswith(".") or "  " in sentence or "\n" in sentence
                or re.search(r"(?<!\.)[.,;:!?][.,;:!?](?=\s|$)(?<!\.\.\.)", sentence)
                or re.search(r"\. [a-z]| [.,;:](\s|$)|Optional\(", sentence))


@dataclasses.dataclass
class Answer:
    """How a call ended."""

    code: str
    sentence: str = ""
    detail: object = None
    messages: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    @property
    def message(self):
        return self.messages[0] if self.messages else None

    @property
    def reason(self):
        """`REASON_DENIED` and so on; empty without a detail."""
        if self.detail is None:
            return ""
        names = self.detail.DESCRIPTOR.fields_by_name["reason"].enum_type.values_by_number
        value = names.get(self.detail.reason)
        return value.name if value else str(self.detail.reason)

    def __str__(self):
        return " ".join(word for word in (self.code, self.reason, self.sentence) if word)


@dataclasses.dataclass(frozen=True)
class Method:
    """One RPC, found in the descriptor."""

    name: str
    """`GetStatus`, or with its service's name for one of another service."""
    path: str
    request: type
    response: type
    streams: bool


class Api:
    """Messages and methods, generated from the contract itself."""

    def __init__(self, proto, folder):
        tool(sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={proto.parent}",
             f"--python_out={folder}", proto.name, timeout=60)
        sys.path.append(str(folder))
        self.messages = importlib.import_module("node_pb2")
        service = self.messages.DESCRIPTOR.services_by_name["NodeService"]
        self.methods = {method.name: self._method(method) for method in service.methods}

    def _method(self, method):
        return Method(method.name, SERVICE + method.name,
                      getattr(self.messages, method.input_type.name),
                      getattr(self.messages, method.output_type.name), method.server_streaming)

    def __getattr__(self, name):
        """A message type, or a number of an enum."""
        return getattr(self.messages, name)


class Client:
    """One channel of its own. Every call that may have reached the server is remembered."""

    LIMITS = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))

    def __init__(self, api, address, root, identity=None, calls=None, options=()):
        self.api, self.identity = api, identity
        self.calls = calls if calls is not None else []
        credentials = grpc.ssl_channel_credentials(
            root_certificates=root,
            private_key=identity.key_pem if identity else None,
            certificate_chain=identity.certificate_pem if identity else None)
        self.channel = grpc.secure_channel(address, credentials, options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
            # Several tries a second, so that an agent that comes back is noticed; the least
            # backoff is also how long a handshake may take.
            ("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 300),
            ("grpc.min_reconnect_backoff_ms", 10_000), *self.LIMITS, *options])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.channel.close()

    def call(self, name, /, request=None, timeout=10, limit=10_000, compression=None, **fields):
        """Calls a method of the contract by its name."""
        if name in HEALTH_METHODS:
            return self.raw("/" + name, b"", timeout, name.endswith("Watch"), limit=1)
        method = self.api.methods[name]
        request = request if request is not None else method.request(**fields)
        answer = self.raw(method.path, request.SerializeToString(), timeout, method.streams, limit,
                          compression)
        answer.messages = [method.response.FromString(each) for each in answer.messages]
        for message in answer.messages:
            listen(message)
        return answer

    def raw(self, path, request, timeout=10, streams=False, limit=10_000, compression=None):
        """Calls any path with any bytes."""
        start = time.monotonic()
        messages, code, sentence, detail, cut = [], "OK", "", None, False
        try:
            if streams:
                stream = self.channel.unary_stream(path)(request, timeout=timeout,
                                                         compression=compression)
                for message in stream:
                    messages.append(message)
                    if len(messages) >= limit:
                        stream.cancel()
                        cut = True
                        break
            else:
                messages.append(self.channel.unary_unary(path)(
                    request, timeout=timeout, compression=compression))
        except grpc.RpcError as error:
            code, sentence = error.code().name, error.details() or ""
            detail = self._detail(error)
            if detail is not None:
                listen(detail)
        self.calls.append((self.identity.subject if self.identity else "", path,
                           "CANCELLED" if cut else code))
        return Answer(code, sentence, detail, messages, time.monotonic() - start)

    def stream(self, name, /, timeout=60, **fields):
        """Begins a stream that the caller reads, or does not."""
        method = self.api.methods[name]
        call = self.channel.unary_stream(method.path, method.request.SerializeToString,
                                         method.response.FromString)
        self.calls.append((self.identity.subject if self.identity else "", method.path, None))
        return call(method.request(**fields), timeout=timeout)

    def _detail(self, error):
        for key, value in error.trailing_metadata() or ():
            if key == ERROR_KEY:
                return self.api.ErrorDetail.FromString(value)
        return None
