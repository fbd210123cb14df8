"""The security table: every RPC of the contract times everybody who may knock."""

import re

import peer
import roles
from authority import Authority
from chain import Chain
from report import expect, expect_equal
from world import REPOSITORY, wait_until

REFUSED_BY_TLS = ("UNAVAILABLE", "UNAUTHENTICATED")
TURNED_AWAY = ("PERMISSION_DENIED", "UNAUTHENTICATED", "UNAVAILABLE", "DEADLINE_EXCEEDED")


def run(ground, fixture, report):
    methods = [*ground.api.methods, *peer.HEALTH_METHODS]
    contract(ground, report, methods)
    with ground.stage("table", fixture) as stage, stage.agent(bootstrap=False) as agent:
        before_bootstrap(stage, agent, report, methods)
        with report.test("the first bootstrap gives the node its client CA, same process"):
            pid = agent.pid
            agent.bootstrap(stage.authority)
            expect(agent.runs and agent.pid == pid, "the agent is another process")
        strangers(stage, agent, report, methods)
        known(stage, agent, report, methods)
        unknown_methods(stage, agent, report)
        report.note(f"{len(methods)} methods, {len(agent.calls)} calls; the agent's memory was "
                    f"{agent.note_memory() / 1e6:.1f} MB at most")
        audited(agent, report)


def contract(ground, report, methods):
    """The table here, the contract, and its comments say the same."""
    with report.test("every RPC of node.proto has a row in the table of least roles"):
        expect_equal(sorted(roles.LEAST), sorted(methods), "the table")
    text = (REPOSITORY / "Sources" / "API" / "node.proto").read_text()
    with report.test("each RPC's comment in node.proto names the role in the table"):
        for comment, name in re.findall(r"((?:^  //.*\n)+)  rpc (\w+)", text, re.MULTILINE):
            words = re.sub(r"\s*//\s*", " ", comment)
            expect_equal(roles.in_comment(words), roles.LEAST.get(name), f"the role of {name}")


def before_bootstrap(stage, agent, report, methods):
    uninvited = stage.authority.issue("uninvited", organisations=["keelos:admin"])
    for who, identity in (("no certificate", None), ("a certificate nobody asked for", uninvited)):
        with agent.client(identity) as client:
            for name in methods:
                opens = name in roles.OPEN
                what = "answers" if opens else "does not exist"
                with report.test(f"before bootstrap {name} {what}: {who}"):
                    answer = ask(client, name)
                    if opens:
                        expect_open(name, answer)
                    else:
                        expect_equal(answer.code, "UNIMPLEMENTED", f"the code ({answer})")


def ask(client, name, timeout=20):
    return client.call(name, timeout=timeout, **roles.harmless(name))


def expect_open(name, answer):
    if name == "Bootstrap":
        expect_equal(answer.code, "INVALID_ARGUMENT", f"an empty bootstrap ({answer})")
    else:
        expect_equal(answer.code, "OK", f"the code ({answer})")
    if name in peer.HEALTH_METHODS:
        expect_equal(answer.message, peer.SERVING, "the health")


def unwelcome(stage):
    """Everybody who must not get as far as a role."""
    ours, folder = stage.authority, stage.folder
    other = Authority(folder / "other", "other")
    twin = Authority(folder / "twin", "twin", subject="/CN=clients authority")
    reader = stage.identity("reader")
    admin = {"organisations": ["keelos:admin"]}
    return {
        "no certificate": None,
        "a self-signed certificate": ours.issue("selfsigned", signer="itself", **admin),
        "a certificate of another CA": other.issue("foreign", **admin),
        "a certificate of another CA with our CA's name": twin.issue("twin", **admin),
        "an expired certificate": ours.issue("expired", days_from=-9, days_to=-1, **admin),
        "a certificate that is not yet valid": ours.issue("future", days_from=2, days_to=9,
                                                           **admin),
        "a certificate for servers only": ours.issue("server", purpose="serverAuth", **admin),
        "a certificate that a reader signed": ours.issue("forged", signer=reader, **admin),
    }


def strangers(stage, agent, report, methods):
    for who, identity in unwelcome(stage).items():
        for name in methods:
            with report.test(f"{name} is refused to {who}"):
                with agent.client(identity) as client:
                    answer = ask(client, name)
                expect(answer.code in REFUSED_BY_TLS, f"it answered {answer}")
                expect(not answer.messages, "it sent a message")
    with report.test("after all of them the agent still answers"):
        agent.answers(stage.identity("reader"))


def members(stage):
    """Everybody our CA vouches for, and the role that follows."""
    ours = stage.authority
    return {
        "a reader": (stage.identity("reader"), roles.READER),
        "an operator": (stage.identity("operator"), roles.OPERATOR),
        "an admin": (stage.identity("admin"), roles.ADMIN),
        "a member of system:masters": (
            ours.issue("master", organisations=["system:masters"]), roles.ADMIN),
        "a reader and operator": (
            ours.issue("both", organisations=["keelos:reader", "keelos:operator"]),
            roles.OPERATOR),
        "a client without organisation": (ours.issue("nobody"), 0),
        "a client with the role in its name": (
            ours.issue("named", subject="/CN=keelos:admin"), 0),
        "a client with the role as its unit": (
            ours.issue("unit", subject="/OU=keelos:admin/CN=unit"), 0),
        "a client with a role that looks alike": (
            ours.issue("alike", organisations=["keelos:admins", "KEELOS:ADMIN", " keelos:admin",
                                               "keelos:admin,O=keelos:admin"]), 0),
    }


def known(stage, agent, report, methods):
    for who, (identity, role) in members(stage).items():
        with agent.client(identity) as client:
            for name in methods:
                allowed = 0 < roles.LEAST.get(name, 9) <= role
                what = "allowed" if allowed else "denied"
                with report.test(f"{name} is {what} to {who}"):
                    answer = ask(client, name)
                    expect_allowed(answer) if allowed else expect_denied(name, answer)


def expect_allowed(answer):
    expect(answer.code not in TURNED_AWAY, f"it answered {answer}")
    expect(answer.code != "UNIMPLEMENTED" or answer.reason == "REASON_NO_INIT",
           f"it is not made yet: {answer}")
    expect(answer.code not in ("INTERNAL", "UNKNOWN") or answer.reason not in
           ("", "REASON_INTERNAL", "REASON_UNSPECIFIED"), f"a fault of the agent's own: {answer}")


def expect_denied(name, answer):
    expect_equal(answer.code, "PERMISSION_DENIED", f"the code ({answer})")
    expect(not answer.messages, "it sent a message")
    expect_equal(answer.reason, "REASON_DENIED", "the reason")
    if name in roles.LEAST:
        expect_equal(answer.detail.needed, roles.LEAST[name], "the role it says is needed")


def unknown_methods(stage, agent, report):
    with agent.client(stage.identity("admin")) as client:
        for path in ("/keel.v1.NodeService/Open", "/keel.v1.NodeService/getStatus",
                     "/keel.v2.NodeService/GetStatus", "/GetStatus", "/",
                     "/keel.v1.NodeService/../GetStatus", "/grpc.health.v1.Health/GetStatus",
                     "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"):
            with report.test(f"{path} is nothing, to an admin too"):
                answer = client.raw(path, b"")
                expect(answer.code in ("UNIMPLEMENTED", "PERMISSION_DENIED"), f"{answer}")


def audited(agent, report):
    """Each call that got past TLS has its line, and no line is without a call."""
    wanted = {}
    for subject, path, code in agent.calls:
        if code not in REFUSED_BY_TLS:
            # A certificate that nobody asked for is nobody's.
            subject = "" if subject == "uninvited" else subject
            key = (subject, method_of(path), code == "OK")
            wanted[key] = wanted.get(key, 0) + 1
    with report.test(f"each of {sum(wanted.values())} calls is in the audit log, allowed or "
                     "denied"):
        def missing():
            found = tally(Chain.of_agent(agent).lines)
            return {key: (count, found.get(key, 0)) for key, count in wanted.items()
                    if found.get(key, 0) < count}
        try:
            wait_until(lambda: not missing(), "the audit log is complete", seconds=5, step=0.2)
        finally:
            left = missing()
            if left:
                report.note(f"called, and found in the log: {dict(list(left.items())[:8])}")
    with report.test("the audit log's chain holds, by a reading of its own"):
        Chain.of_agent(agent).check()


def method_of(path):
    """As the log names it: bare for our service."""
    return path.removeprefix("/").removeprefix(peer.SERVICE.removeprefix("/"))


def tally(lines):
    """(common name, method, whether it was allowed and done) of each line, counted."""
    found = {}
    for line in lines:
        name = re.search(r"(?:^|,)CN=([^,]*)", line.get("subject", ""))
        key = (name[1] if name else "", method_of(line.get("method", "")), line["result"] == "ok")
        found[key] = found.get(key, 0) + 1
    return found
