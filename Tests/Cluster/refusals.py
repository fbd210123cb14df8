"""Bootstraps that cannot succeed: each has a sentence of its own, and leaves the node as it was."""

import dataclasses
import datetime
import re
from collections.abc import Callable

from authority import Authority
from node import DONE
from report import expect_equal

REFUSED, FAILED = 2, 1
# Long before any certificate of ours begins.
PAST = ("-rtc", "base=2021-01-01T00:00:00")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    says: str
    words: Callable  # (cluster) -> of osctl bootstrap
    core: bool = False


def rows():
    def with_token(token):
        return lambda cluster: (*server(cluster), *authority(cluster), "--token", token(cluster))

    return [
        Row("a token that is over", "refuses the token", with_token(expired), core=True),
        Row("a token that nobody made", "refuses the token",
            with_token(lambda _: "zzzzzz.0123456789abcdef")),
        Row("a token that is over, and a hash", "unknown to the cluster at .* or expired",
            lambda cluster: (*server(cluster), "--token", expired(cluster), "--ca-cert-hash",
                             cluster.plane.authority.hash)),
        Row("another cluster's CA", "was not signed by the given CA|not signed by",
            lambda cluster: (*server(cluster), "--ca-cert", other(cluster).path, "--token",
                             cluster.plane.token), core=True),
        Row("another CA's hash", "has another hash than given",
            lambda cluster: (*server(cluster), "--token", cluster.plane.token, "--ca-cert-hash",
                             other(cluster).hash)),
        Row("a server that is not there", "cannot be reached",
            lambda cluster: ("--api-server", f"https://{cluster.plane.address}:6444",
                             *authority(cluster), "--token", cluster.plane.token), core=True),
    ]


def run(cluster, report):
    other(cluster)  # before the node's clock starts: it may be behind by a second
    with cluster.node(1) as node:
        pinned = ("--endpoint", node.machine.address, "--fingerprint", node.fingerprint)
        for row in cluster.draw(rows(), [row.name for row in rows() if row.core], 1):
            with report.test(f"{row.name} is told, and the node is as new"):
                answer = node.osctl(*pinned, "bootstrap", *row.words(cluster))
                _expect(answer, row.says)
                _expect_new(node, pinned)
    with cluster.node(2, arguments=list(PAST)) as node:
        pinned = ("--endpoint", node.machine.address, "--fingerprint", node.fingerprint)
        with report.test("a clock that is years behind is told, and the node is as new"):
            way = cluster.ways(node.name)[0]
            answer = node.reach(*pinned, "bootstrap", *way.words)
            _expect(answer, "this node's clock says .*: set the clock")
            _expect_new(node, pinned)


def _expect(answer, pattern):
    if answer.status not in (REFUSED, FAILED) or not re.search(pattern, answer.text):
        raise RuntimeError(f"exit {answer.status}, expected /{pattern}/; said:\n{answer.text}")


def _expect_new(node, pinned):
    status = node.reach(*pinned, "bootstrap-status").must(DONE).text
    expect_equal(status.split("\n")[1].split()[0], "no", "bootstrapped")


def server(cluster):
    return "--api-server", cluster.plane.server


def authority(cluster):
    return "--ca-cert", cluster.plane.authority.path


def other(cluster):
    """Another cluster's CA, made once."""
    if not hasattr(cluster, "other_authority"):
        cluster.other_authority = Authority(cluster.folder / "other", "kubernetes")
    return cluster.other_authority


def expired(cluster):
    """A token of the day before yesterday."""
    token = "expire.0123456789abcdef"
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)
    cluster.plane.add_token(token, **{"usage-bootstrap-signing": "false",
                                      "expiration": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})
    return token
