"""One call to a node with somebody else's gRPC, run by the interpreter of Tests/Peer.

    agent_client.py PORT AUTHORITY [CERTIFICATE KEY]

Reads lines `METHOD JSON` on standard input, answers each with one line of JSON: the list of
messages that came, and how the call ended.
"""

import json
import sys

import grpc
import node_pb2 as node
import node_pb2_grpc
from google.protobuf import json_format


def main():
    port, authority, *own = sys.argv[1:]
    files = [open(path, "rb").read() for path in (authority, *own)]
    keys = (files[2], files[1]) if own else (None, None)
    credentials = grpc.ssl_channel_credentials(files[0], *keys)
    with grpc.secure_channel(f"localhost:{port}", credentials,
                             [("grpc.ssl_target_name_override", "localhost")]) as channel:
        stub = node_pb2_grpc.NodeServiceStub(channel)
        for line in sys.stdin:
            method, _, text = line.strip().partition(" ")
            print(json.dumps(call(stub, method, text or "{}")), flush=True)


def call(stub, method, text):
    request = json_format.Parse(text, getattr(node, f"{method}Request")())
    messages = []
    try:
        answer = getattr(stub, method)(request, timeout=60, wait_for_ready=False)
        for message in [answer] if hasattr(answer, "DESCRIPTOR") else answer:
            messages.append(json_format.MessageToDict(message, preserving_proto_field_name=True))
        return {"messages": messages, "code": "OK"}
    except grpc.RpcError as error:
        failure = {"messages": messages, "code": error.code().name, "sentence": error.details()}
        for key, value in error.trailing_metadata() or ():
            if key == "keel-error-bin":
                detail = node.ErrorDetail.FromString(value)
                failure["reason"] = node.Reason.Name(detail.reason)
                failure["truth"] = detail.truth
        return failure


if __name__ == "__main__":
    main()
