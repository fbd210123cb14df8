"""Who may do what: the one table, and a harmless request for each method."""

READER, OPERATOR, ADMIN = 1, 2, 3
WORDS = {READER: "reader", OPERATOR: "operator", ADMIN: "admin"}

LEAST = {
    "GetStatus": READER,
    "GetIdentity": READER,
    "Bootstrap": ADMIN,
    "GetBootstrapStatus": READER,
    "Upgrade": OPERATOR,
    "WatchOperation": READER,
    "ListOperations": READER,
    "CancelOperation": OPERATOR,
    "Activate": OPERATOR,
    "Confirm": OPERATOR,
    "Rollback": OPERATOR,
    "UpgradeLoader": ADMIN,
    "Reboot": OPERATOR,
    "Shutdown": ADMIN,
    "LeaveCluster": ADMIN,
    "GetHealth": READER,
    "GetHistory": READER,
    "Explain": READER,
    "GetConfig": READER,
    "ApplyConfig": ADMIN,
    "StreamLogs": READER,
    "ListServices": READER,
    "RestartService": OPERATOR,
    "ReadAudit": ADMIN,
    "SupportBundle": OPERATOR,
    "grpc.health.v1.Health/Check": READER,
    "grpc.health.v1.Health/Watch": READER,
}

OPEN = {"GetStatus", "GetIdentity", "Bootstrap", "GetBootstrapStatus",
        "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch"}
"""What anybody may call before bootstrap."""

HARMLESS = {
    "CancelOperation": {"id": "0" * 32},
    "Upgrade": {"source": "/nonexistent/release.keel", "request_id": "table-0001",
                "dry_run": True},
    "WatchOperation": {"id": "0" * 32},
    "Activate": {"request_id": "table-0002"},
    "Rollback": {"request_id": "table-0003"},
    "UpgradeLoader": {"path": "/nonexistent/loader.efi", "request_id": "table-0004"},
    "Reboot": {"reason": "a row of the security table"},
    "Shutdown": {"reason": "a row of the security table"},
    "GetHistory": {"limit": 10},
    "Explain": {"boots": 3},
    "StreamLogs": {"service": "agent", "tail": 5},
    "RestartService": {"name": "no-such-service"},
    "ReadAudit": {"limit": 5},
}
"""Fields of a request that changes nothing, even when it is allowed. Bootstrap and ApplyConfig
are sent empty, which is no request at all."""


def harmless(method):
    return HARMLESS.get(method, {})


def in_comment(text):
    """The least role that a method's comment names, as `Operator.` or `then: reader.`"""
    words = text.replace(";", ".").replace(",", " ").lower()
    found = [number for number, word in WORDS.items()
             if f" {word}." in f" {words}" or f": {word}." in words]
    return found[0] if len(found) == 1 else None
