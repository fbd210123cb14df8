"""Configuration tries that go back by themselves, and support bundles without secrets."""

import base64
import http.server
import io
import json
import subprocess
import tarfile
import threading
import time

from cluster import Cluster
from join import server_of
from programs import DONE, FAILED
from report import expect, expect_equal

TRY = 30
TOKEN = "abcdef.0123456789abcdef"
BEARER = "bearer-of-a-secret"


def run(ground, fixture, report):
    with ground.stage("settings", fixture) as stage, stage.agent() as agent:
        settings = Settings(ground, stage, agent, report)
        settings.kept()
        settings.refused()
        settings.reverted()
        settings.restarted()
        settings.probed()
        settings.bundle()


class Page(http.server.BaseHTTPRequestHandler):
    """What a probe asks: the status is the path, and `/slow` takes long."""

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(3)
        self.send_response(int(self.path[1:]) if self.path[1:].isdigit() else 200)
        self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_):
        pass


class Settings:
    def __init__(self, ground, stage, agent, report):
        self.ground, self.stage, self.agent, self.report = ground, stage, agent, report
        self.api = ground.api
        self.admin = stage.identity("admin")

    def config(self, deadline):
        return self.api.NodeConfig(version=1, trial=self.api.TrialSettings(deadline=deadline))

    def ask(self, identity=None, **fields):
        with self.agent.client(identity or self.admin) as client:
            return client.call("ApplyConfig", **fields)

    def get(self):
        with self.agent.client(self.admin) as client:
            answer = client.call("GetConfig")
        expect_equal(answer.code, "OK", f"the configuration ({answer})")
        return answer.message

    def tries(self, deadline):
        answer = self.ask(apply=self.config(deadline), try_seconds=TRY)
        expect_equal(answer.code, "OK", f"the try ({answer})")
        expect(answer.message.HasField("pending"), "nothing waits for a confirmation")
        return answer.message.pending

    def kept(self):
        with self.report.test("a dry run prints the difference and changes nothing"):
            before = self.get()
            answer = self.ask(dry_run=self.config(700))
            expect_equal(answer.code, "OK", f"{answer}")
            expect(any("deadline" in line and "700" in line for line in answer.message.diff),
                   f"the difference is {list(answer.message.diff)}")
            expect_equal(self.get(), before, "the configuration")
        with self.report.test("a try that the same client confirms is kept, through kill -9 too"):
            pending = self.tries(710)
            answer = self.ask(confirm=pending.id)
            expect_equal(answer.code, "OK", f"{answer}")
            self.agent.kill()
            self.agent.start()
            self.agent.answers(self.admin)
            found = self.get()
            expect_equal(found.config.trial.deadline, 710, "the deadline in force")
            expect(not found.HasField("pending"), "a try waits still")

    def refused(self):
        other = self.stage.authority.issue("admin2", organisations=["keelos:admin"])
        with self.report.test("a try that somebody else confirms is refused, and can be reverted"):
            pending = self.tries(720)
            answer = self.ask(other, confirm=pending.id)
            expect_equal((answer.code, answer.reason),
                         ("FAILED_PRECONDITION", "REASON_CONFIG_TRY"), f"{answer}")
            answer = self.ask(apply=self.config(730))
            expect_equal(answer.reason, "REASON_CONFIG_TRY", f"a second try ({answer})")
            answer = self.ask(revert=pending.id)
            expect_equal(answer.code, "OK", f"{answer}")
            expect_equal(self.get().config.trial.deadline, 710, "the deadline in force")
        for what, config in (
                ("of another version", self.api.NodeConfig(version=2)),
                ("with a deadline of a week", self.config(604800)),
                ("with a host name that is none", self.api.NodeConfig(
                    version=1, hostname="not a name;")),
                ("with four name servers", self.api.NodeConfig(
                    version=1, nameservers=["1.1.1.1"] * 4)),
                ("with a probe of another machine", self.api.NodeConfig(
                    version=1, health=self.api.HealthGate(probes=[self.api.HTTPProbe(
                        name="x", url="http://10.0.0.1/x")])))):
            with self.report.test(f"a configuration {what} is refused"):
                for step in ("dry_run", "apply"):
                    answer = self.ask(**{step: config})
                    expect_equal(answer.code, "INVALID_ARGUMENT", f"{step}: {answer}")
                expect(not self.get().HasField("pending"), "a try waits")
        with self.report.test("a change that expects another generation is refused"):
            answer = self.ask(apply=self.config(740),
                              expected_generation=self.get().generation + 7)
            expect_equal(answer.reason, "REASON_CONFIG_TRY", f"{answer}")

    def reverted(self):
        with self.report.test(f"a try that nobody confirms goes back at its deadline, after "
                              f"{TRY} s"):
            pending = self.tries(750)
            expect(abs(pending.deadline - time.time() - TRY) < 5, f"its deadline is in "
                   f"{pending.deadline - time.time():.0f} s")
            self.wait_for_revert(pending)

    def wait_for_revert(self, pending):
        while self.get().HasField("pending"):
            expect(time.time() < pending.deadline + 5, "the try waits beyond its deadline")
            time.sleep(0.5)
        expect(time.time() > pending.deadline - 2, "it went back too early")
        expect_equal(self.get().config.trial.deadline, 710, "the deadline in force")
        answer = self.ask(confirm=pending.id)
        expect_equal(answer.reason, "REASON_CONFIG_TRY", f"a late confirmation ({answer})")

    def restarted(self):
        with self.report.test("a try whose deadline passes while the agent is away goes back at "
                              "its start"):
            pending = self.tries(760)
            self.agent.kill()
            time.sleep(max(0.0, pending.deadline - time.time()) + 1)
            self.agent.start()
            self.agent.answers(self.admin)
            found = self.get()
            expect(not found.HasField("pending"), "the try waits still")
            expect_equal(found.config.trial.deadline, 710, "the deadline in force")
        with self.report.test("a try whose agent is killed goes back at the start, or at its "
                              "deadline"):
            pending = self.tries(770)
            self.agent.kill()
            self.agent.start()
            self.agent.answers(self.admin)
            if self.get().HasField("pending"):
                expect_equal(self.get().pending.id, pending.id, "the try that waits")
                self.wait_for_revert(pending)
            expect_equal(self.get().config.trial.deadline, 710, "the deadline in force")

    def probed(self):
        """Pages of this machine, asked on the operator's behalf."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        wanted = {"fine": ("/200", True), "moved": ("/302", True), "broken": ("/503", False),
                  "slow": ("/slow", False), "nobody": (None, False)}
        probes = [self.api.HTTPProbe(
            name=name, url=place + path if path else "http://127.0.0.1:1/", timeout=1)
            for name, (path, _) in wanted.items()]
        config = self.config(710)
        config.health.CopyFrom(self.api.HealthGate(probes=probes, advisory=["nobody"]))
        with self.report.test("the operator's probes are checks of the node's health, each with "
                              "its own patience"):
            answer = self.ask(apply=config, try_seconds=TRY)
            expect_equal(answer.code, "OK", f"the try ({answer})")
            expect_equal(self.ask(confirm=answer.message.pending.id).code, "OK", "confirmed")
            with self.agent.client(self.admin) as client:
                begun = time.monotonic()
                answer = client.call("GetHealth")
            expect(time.monotonic() - begun < 3, "it waited for the slow one")
            checks = {check.name: check for check in answer.message.checks}
            for name, (_, passes) in wanted.items():
                expect_equal(checks[name].passed, passes, f"{name}: {checks[name].sentence}")
                expect_equal(checks[name].required, name != "nobody", f"{name} is required")
            expect(not answer.message.healthy, "a node with a broken page is healthy")
            expect("503" in checks["broken"].sentence, checks["broken"].sentence)
            expect("within 1 s" in checks["slow"].sentence, checks["slow"].sentence)
        with self.report.test("osctl health shows each check, then says which of them fail, in this "
                              "order also where both go to one pipe"):
            words = self.stage.osctl_words(self.agent, self.stage.identity("reader"), "health")
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, timeout=60, check=False, text=True,
                                  env=self.stage.ground.environment())
            expect_equal(done.returncode, FAILED, "the end code")
            *table, last = done.stdout.splitlines()
            expect_equal({line.split()[0] for line in table[1:]}, set(checks), "the checks")
            expect("broken, slow" in last, last)
        server.shutdown()
        server.server_close()

    def bundle(self):
        secrets, members = self.secrets(), {}
        with self.report.test("the support bundle is a tar.gz with status, operations and logs"):
            path = self.stage.folder / "support.tar.gz"
            self.stage.osctl(self.agent, self.stage.identity("operator"), "support-bundle",
                             path).must(DONE)
            with tarfile.open(path, "r:gz") as archive:
                members = {member.name: archive.extractfile(member).read()
                           for member in archive if member.isfile()}
            names = " ".join(members)
            for word in ("status", "history", "operations", "log", "kernel"):
                expect(word in names, f"nothing is named {word}: {names}")
            for name in members:
                expect(not name.startswith("/") and ".." not in name, f"a member is {name}")
            status = next(content for name, content in members.items() if "status" in name)
            json.load(io.BytesIO(status))
        with self.report.test(f"none of {len(secrets)} secrets is in the support bundle"):
            expect(members, "there is no bundle")
            for name, content in members.items():
                for what, secret in secrets.items():
                    expect(secret not in content, f"{name} holds {what}")
                expect(b"PRIVATE KEY" not in content, f"{name} holds a private key")
        with self.report.test("the audit log, which is an admin's, is not in an operator's bundle"):
            expect(not any("audit" in name for name in members), f"{list(members)}")

    def secrets(self):
        """Whatever the node holds that nobody may see; some of it is given to it first."""
        server = server_of(self.stage.authority, self.stage.folder)
        with Cluster(server, self.stage.authority, [TOKEN]) as cluster, \
                self.agent.client(self.admin) as client:
            answer = client.call("Bootstrap", token_with_ca=self.api.TokenWithCA(
                api_server=cluster.url, token=TOKEN, ca=self.stage.authority.pem.decode()),
                timeout=30)
            expect_equal(answer.code, "OK", f"the bootstrap ({answer})")
            self.agent.answers(self.admin)
        with self.agent.client(self.admin) as client:
            client.call("Upgrade", source="http://u:pass-of-a-url@127.0.0.1:1/x?key=query-of-a-url",
                        bearer_token=BEARER, request_id="settings-bundle-1")
        found = {"the bootstrap token": TOKEN.encode(), "the bearer token": BEARER.encode(),
                 "the token's secret": TOKEN.split(".")[1].encode(),
                 "a URL's password": b"pass-of-a-url", "a URL's query": b"query-of-a-url"}
        for path in (self.stage.state / "identity").glob("*.key"):
            lines = [line for line in path.read_bytes().splitlines() if not line.startswith(b"-")]
            for number, line in enumerate(lines):
                found[f"line {number} of {path.name}"] = line
            found[f"{path.name} in DER"] = base64.b64decode(b"".join(lines))[-32:]
        return found
