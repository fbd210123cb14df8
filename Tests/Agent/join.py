"""Bootstrap: the join secret, each of the ways in, and everything that must not work."""

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from authority import Authority, fingerprint
from cluster import Cluster, web_token
from programs import DONE, REFUSED, USAGE, call
from report import expect, expect_equal

TOKEN = "abcdef.0123456789abcdef"
SECRET = "open-sesame-0123456789"


def run(ground, fixture, report):
    with ground.stage("join", fixture) as stage:
        join = Join(ground, stage, report)
        join.identity()
        join.secret()
        join.client_ca_alone()
        join.token_and_ca()
        join.token_and_hash()
        join.refusals()
        join.halves()
        for number in range(10 if ground.runs_all else 4):
            join.at_once(number, SECRET if number % 2 else "")


def knock(port, seconds=20):
    """Connects until somebody listens there; what became of the first connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as plain:
            plain.settimeout(seconds)
            if plain.connect_ex(("127.0.0.1", port)) != 0:
                continue
            try:
                with context.wrap_socket(plain) as line:
                    # The settings of HTTP/2 come first.
                    return "served" if line.recv(9) else "cut off behind the handshake"
            except OSError as error:
                return f"cut off: {error}"
    return "refused"


class Join:
    def __init__(self, ground, stage, report):
        self.ground, self.stage, self.report = ground, stage, report
        self.api = ground.api
        # The cluster's authority signs its server and its clients.
        self.ca = stage.authority
        self.other = Authority(stage.folder / "elsewhere", "elsewhere")
        self.server = server_of(self.ca, stage.folder)
        self.impostor = server_of(self.other, stage.folder)
        self.admin = stage.identity("admin")

    @contextlib.contextmanager
    def fresh(self, **files):
        """An agent on a node that never was bootstrapped."""
        shutil.rmtree(self.stage.state, ignore_errors=True)
        shutil.rmtree(self.ground.home)
        self.ground.home.mkdir()
        for name, content in files.items():
            self.stage.state.mkdir(mode=0o700, exist_ok=True)
            path = self.stage.state / name.replace("_", "-")
            path.write_text(content)
            path.chmod(0o600)
        with self.stage.agent(bootstrap=False) as agent:
            yield agent

    def osctl(self, agent, *words, identity=None):
        return self.stage.osctl(agent, identity, *words)

    def status(self, agent, identity=None):
        with agent.client(identity) as client:
            return client.call("GetBootstrapStatus")

    def untouched(self, agent):
        """Nothing of a bootstrap that was refused is to be seen."""
        answer = self.status(agent)
        expect_equal(answer.code, "OK", f"the status ({answer})")
        expect(not answer.message.bootstrapped, "the node says it is bootstrapped")
        left = [path.name for path in (self.stage.state / "kubernetes").glob("**/*")
                if path.is_file()] if (self.stage.state / "kubernetes").exists() else []
        expect(not left, f"files are left: {left}")

    def identity(self):
        with self.fresh() as agent:
            with self.report.test("the first start logs the fingerprint of the key it serves with"):
                digits = re.sub(r"[^0-9a-f]", "", agent.log.read_text().lower())
                expect(agent.fingerprint in digits, f"it says: {agent.said()}")
            with self.report.test("key and certificates are files of root alone"):
                for path in self.stage.state.glob("**/*"):
                    bits = path.stat().st_mode & 0o777
                    expect_equal(oct(bits), oct(0o700 if path.is_dir() else 0o600), str(path.name))
            with self.report.test("GetIdentity tells the machine id and the certificate it serves"):
                with agent.client() as client:
                    found = client.call("GetIdentity").message
                expect_equal(found.fingerprint, agent.fingerprint, "the fingerprint")
                expect_equal(fingerprint(found.certificate.encode()), agent.fingerprint,
                             "the certificate's")
                expect(re.fullmatch("[0-9a-f]{32}", found.machine_id), found.machine_id)
            with self.report.test("identity, key and machine id are the same after a new start"):
                before = agent.fingerprint
                agent.kill()
                agent.start()
                expect_equal(agent.fingerprint, before, "the fingerprint")
            with self.report.test("who connects while the agent starts is refused, or served, and "
                                  "never cut off"):
                for _ in range(5):
                    agent.kill()
                    with ThreadPoolExecutor(2) as pool:
                        ends = [pool.submit(knock, agent.port) for _ in range(2)]
                        agent.start()
                    expect_equal([end.result() for end in ends], ["served"] * 2, "who knocked")
            with self.report.test("a certificate made anew over the same key needs no new pin"):
                self.osctl(agent, "identity").must(DONE)
                before = agent.certificate
                agent.kill()
                (self.stage.state / "identity" / "agent.crt").unlink()
                agent.start()
                expect(agent.certificate != before, "it is the same certificate")
                remembered = self.stage.osctl_words(agent, None, "identity")
                at = remembered.index("--fingerprint")
                del remembered[at:at + 2]
                call(*remembered, env=self.ground.environment()).must(DONE)
            with self.report.test("osctl with another fingerprint sends nothing to the node"):
                words = self.stage.osctl_words(agent, None, "identity")
                words[words.index("--fingerprint") + 1] = "0" * 64
                result = call(*words, env=self.ground.environment())
                expect(result.code in (1, REFUSED), f"{result.code}: {result.out}")
                for each in (agent.fingerprint, "0" * 64):
                    expect(each in result.sentence, f"it does not name {each}: {result.sentence}")
            with self.report.test("an http:// endpoint is answered by one sentence that names "
                                  "https"):
                words = self.stage.osctl_words(agent, None, "status")
                words[words.index("--endpoint") + 1] = f"http://{agent.address}"
                result = call(*words, env=self.ground.environment())
                expect_equal(result.code, USAGE, f"the end code ({result.sentence})")
                expect("https" in result.sentence and len(result.sentence.splitlines()) == 1,
                       f"it says: {result.sentence}")

    def secret(self):
        with self.fresh(join_secret=SECRET + "\n") as agent:
            ca = self.api.ClientCA(ca=self.ca.pem.decode())
            with self.report.test("a node with a join secret says that it needs one"):
                expect(self.status(agent).message.needs_join_secret, "it does not")
            for what, given in (("no secret", ""), ("another secret", SECRET[:-1] + "x"),
                                ("the beginning of the secret", SECRET[:-1]),
                                ("a secret of 4096 bytes", "s" * 4096)):
                with self.report.test(f"bootstrap with {what} is refused"):
                    with agent.client() as client:
                        answer = client.call("Bootstrap", join_secret=given, client_ca=ca)
                    expect_equal((answer.code, answer.reason),
                                 ("PERMISSION_DENIED", "REASON_BOOTSTRAP_REFUSED"), f"{answer}")
                    self.untouched(agent)
            with self.report.test("bootstrap with the right secret is done, and the secret is "
                                  "gone"):
                with agent.client() as client:
                    answer = client.call("Bootstrap", join_secret=SECRET, client_ca=ca)
                expect_equal(answer.code, "OK", f"{answer}")
                agent.answers(self.admin)
                expect(not (self.stage.state / "join-secret").exists(), "it is still on the disk")
            with self.report.test("afterwards the secret opens nothing, and an admin needs none"):
                with agent.client() as client:
                    answer = client.call("Bootstrap", join_secret=SECRET, client_ca=ca)
                expect(answer.code in ("UNAVAILABLE", "UNAUTHENTICATED"), f"{answer}")
                with agent.client(self.admin) as client:
                    answer = client.call("Bootstrap", client_ca=ca)
                expect_equal(answer.code, "OK", f"{answer}")
                expect(answer.message.unchanged, "the same bootstrap again changed something")

    def client_ca_alone(self):
        with self.fresh() as agent, \
                self.report.test("osctl pki init, then bootstrap --client-ca: the admin is in at"
                                 " the next command"):
            folder = self.stage.folder / "pki"
            call(self.ground.programs / "osctl", "pki", "init", folder,
                 env=self.ground.environment()).must(DONE)
            expect((folder / "ca.crt").exists(),
                   f"made: {sorted(p.name for p in folder.iterdir())}")
            self.osctl(agent, "bootstrap", "--client-ca", folder / "ca.crt").must(DONE)
            certificate = next(path for path in folder.glob("*.crt") if path.name != "ca.crt")
            for path in folder.glob("*.key"):
                expect_equal(oct(path.stat().st_mode & 0o777), oct(0o600), path.name)
            who = ["--cert", certificate, "--key", certificate.with_suffix(".key")]
            self.osctl(agent, *who, "status").must(DONE)
            result = self.osctl(agent, "status")
            expect(result.code != DONE, "without a certificate it answers too")

    def token_words(self, cluster, token=TOKEN, ca=None):
        return ["bootstrap", "--api-server", cluster.url, "--token", token, "--ca-cert",
                (ca or self.ca).certificate]

    def token_and_ca(self):
        for what, token in (("a bootstrap token", TOKEN), ("a service account's JWT", web_token())):
            with self.report.test(f"osctl bootstrap with --api-server, {what} and --ca-cert"), \
                    self.fresh() as agent, Cluster(self.server, self.ca, [token]) as cluster:
                self.osctl(agent, *self.token_words(cluster, token)).must(DONE)
                agent.answers(self.admin)
                told = self.status(agent, self.admin).message
                expect_equal((told.bootstrapped, told.api_server), (True, cluster.url),
                             "the status")
                files = [path for path in (self.stage.state / "kubernetes").glob("**/*")
                         if path.is_file()]
                expect(any(token.encode() in path.read_bytes() for path in files),
                       f"no file holds the token: {files}")
                for path in files:
                    expect_equal(oct(path.stat().st_mode & 0o777), oct(0o600), path.name)
                agent.kill()
                agent.start()
                agent.answers(self.admin)
                again = self.osctl(agent, *self.token_words(cluster, token), identity=self.admin)
                again.must(DONE)

    def token_and_hash(self):
        good = "sha256:" + key_hash(self.ca)
        bad = "sha256:" + key_hash(self.other)

        def words(cluster, token, digest):
            return ["bootstrap", "--api-server", cluster.url, "--token", token,
                    "--ca-cert-hash", digest]

        with self.report.test("with token and CA hash the CA comes from the cluster itself"), \
                self.fresh() as agent, \
                Cluster(self.server, self.ca, [TOKEN], info_token=TOKEN) as cluster:
            self.osctl(agent, *words(cluster, TOKEN, good)).must(DONE)
            agent.answers(self.admin)
            early = [given for path, given in cluster.asked if "cluster-info" in path and given]
            expect(not early, "the token was sent before anybody was trusted")
        for what, server, ca, signer, digest in (
                ("another hash", self.server, self.ca, TOKEN, bad),
                ("a cluster-info signed with another secret", self.server, self.ca,
                 "abcdef.fedcba9876543210", good),
                ("an impostor that shows our CA", self.impostor, self.ca, TOKEN, good),
                ("an impostor that shows its own CA", self.impostor, self.other, TOKEN, good)):
            with self.report.test(f"with token and CA hash, {what} is refused and nothing sent"), \
                    self.fresh() as agent, \
                    Cluster(server, ca, [TOKEN], info_token=signer) as cluster:
                result = self.osctl(agent, *words(cluster, TOKEN, digest))
                expect(result.code in (1, REFUSED), f"{result.code}: {result.out}")
                self.untouched(agent)
                sent = [given for _, given in cluster.asked if TOKEN.split(".")[1] in given]
                expect(not sent, "the token's secret was sent")

    def refusals(self):
        """(what, cluster, words of the sentence, options)"""
        leaf = self.ca.issue("leaf")
        old = Authority(self.stage.folder / "old", "old")
        expired = old.issue("expired-ca", is_authority=True, days_from=-20, days_to=-10,
                            signer="itself")
        stale = web_token(expires_in=-600)
        with self.fresh() as agent:
            for what, server, token, ca, words in (
                    ("a CA that did not sign the API server", self.impostor, TOKEN, None,
                     "not signed by|given CA"),
                    ("a token that the cluster refuses", self.server, "zzzzzz.0123456789abcdef",
                     None, "token"),
                    ("a JWT that expired", self.server, stale, None, "expired"),
                    ("a CA that expired", self.server, TOKEN, expired, "expired"),
                    ("a certificate that is no CA", self.server, TOKEN, leaf, "may not sign"),
                    ("a token that is none", self.server, "letmein", None, "token"),
                    ("a token for another place", self.server, "abcdef.0123456789ABCDEF", None,
                     "token")):
                with self.report.test(f"bootstrap with {what} is refused, and nothing changes"), \
                        Cluster(server, self.ca, [TOKEN]) as cluster:
                    result = self.osctl(agent, *self.token_words(cluster, token, ca))
                    expect(result.code in (1, REFUSED, USAGE), f"{result.code}: {result.out}")
                    expect(re.search(words, result.sentence), f"it says: {result.sentence}")
                    secret = token.split(".")[-1]
                    expect(secret not in result.sentence or len(secret) < 8,
                           f"it repeats the token: {result.sentence}")
                    self.untouched(agent)
            with self.report.test("an http:// API server is refused by a sentence that names "
                                  "https"), \
                    Cluster(None, self.ca, [TOKEN]) as cluster:
                words = ["bootstrap", "--api-server", cluster.plain_url, "--token", TOKEN,
                         "--ca-cert", self.ca.certificate]
                result = self.osctl(agent, *words)
                expect(result.code in (REFUSED, USAGE), f"{result.code}: {result.out}")
                expect("https" in result.sentence, f"it says: {result.sentence}")
                expect(not cluster.asked, "the server was asked")
                self.untouched(agent)
            with self.report.test("an API server that redirects to http:// never gets the token "
                                  "there"), \
                    Cluster(None, self.ca, [TOKEN]) as plain, \
                    Cluster(self.server, self.ca, [TOKEN], redirect=plain.plain_url) as cluster:
                result = self.osctl(agent, *self.token_words(cluster))
                expect(result.code in (1, REFUSED), f"{result.code}: {result.out}")
                expect(not plain.asked, "it went there")
                self.untouched(agent)
            with self.report.test("an API server that answers with 50 MB is refused, memory is "
                                  "bounded"), \
                    Cluster(self.server, self.ca, [TOKEN], body=b"[" * 50_000_000) as cluster:
                result = self.osctl(agent, *self.token_words(cluster))
                expect(result.code in (1, REFUSED), f"{result.code}: {result.out}")
                expect(agent.note_memory() < 128 << 20, f"{agent.note_memory() >> 20} MiB")
                self.untouched(agent)
            with self.report.test("an API server that does not answer is given up in time"), \
                    Cluster(self.server, self.ca, [TOKEN], delay=25) as cluster:
                begun = time.monotonic()
                result = self.osctl(agent, *self.token_words(cluster))
                expect(result.code in (1, REFUSED), f"{result.code}: {result.out}")
                expect(time.monotonic() - begun < 24, f"{time.monotonic() - begun:.0f} s")
                self.untouched(agent)
            with self.report.test("after all of them the node can be bootstrapped"):
                agent.bootstrap(self.ca)

    def halves(self):
        with self.report.test("agent killed with -9 in the middle of a bootstrap: nothing of it is "
                              "to be seen, and the same again is done"), \
                self.fresh() as agent:
            with Cluster(self.server, self.ca, [TOKEN], delay=3) as slow:
                process = subprocess.Popen(
                    [str(word) for word in self.stage.osctl_words(
                        agent, None, *self.token_words(slow))],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env={**self.ground.environment(), "PATH": "/usr/bin:/bin"})
                try:
                    end = time.monotonic() + 10
                    while not slow.asked and time.monotonic() < end:
                        time.sleep(0.02)
                    expect(slow.asked, "the API server was not asked")
                    agent.kill()
                finally:
                    process.kill()
                    process.wait(timeout=10)
            agent.start()
            self.untouched(agent)
            with Cluster(self.server, self.ca, [TOKEN]) as cluster:
                self.osctl(agent, *self.token_words(cluster)).must(DONE)
                agent.answers(self.admin)

    def at_once(self, number, secret):
        """Whoever comes second has no certificate, so for them the door is closed; a join secret
        that all of them know is good for one."""
        rivals = {name: Authority(self.stage.folder / f"rival-{number}-{name}", f"rival{name}")
                  for name in range(8)}
        files = {"join_secret": secret + "\n"} if secret else {}
        how = "and the one join secret" if secret else "and no secret"
        with self.report.test(f"8 bootstraps at once, each with a CA of its own {how} "
                              f"({number + 1}): one is done, and the node obeys that one"), \
                self.fresh(**files) as agent:
            answers = {}
            start = threading.Barrier(len(rivals))

            def one(name):
                with agent.client() as client:
                    client.call("GetStatus")
                    request = self.api.BootstrapRequest(
                        join_secret=secret, client_ca=self.api.ClientCA(
                            ca=rivals[name].pem.decode())).SerializeToString()
                    call = client.channel.unary_unary("/keel.v1.NodeService/Bootstrap")
                    start.wait(timeout=20)
                    # Many on their way at a time, so that one comes just when another ends.
                    for _ in range(4):
                        futures = [call.future(request, timeout=20) for _ in range(12)]
                        answers.setdefault(name, []).extend(
                            "OK" if future.exception() is None else future.code().name
                            for future in futures)

            threads = [threading.Thread(target=one, args=(name,), daemon=True) for name in rivals]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
            good = [name for name, each in answers.items() if "OK" in each]
            told = {code: sum(each.count(code) for each in answers.values())
                    for each in answers.values() for code in each}
            expect_equal(len(good), 1, f"the number of rivals whose bootstrap was done, of {told},")
            agent.answers(rivals[good[0]].issue("admin", organisations=["keelos:admin"]))
            expect(not (self.stage.state / "join-secret").exists(),
                   "the secret is on the disk still")


def server_of(authority, folder):
    """A server's certificate for the loopback."""
    import dataclasses

    from programs import tool
    made = authority.issue("apiserver", purpose="serverAuth")
    # A name is needed as well, which `issue` does not give: signed again with one.
    extensions = folder / f"{authority.name}-server.ext"
    extensions.write_text("basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n"
                          "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    path = folder / f"{authority.name}-server.crt"
    tool("openssl", "x509", "-req", "-in", authority.folder / "apiserver.csr", "-CA",
         authority.certificate, "-CAkey", authority.key, "-CAcreateserial", "-days", "7",
         "-extfile", extensions, "-out", path, timeout=30)
    return dataclasses.replace(made, certificate=path)


def key_hash(authority):
    """SHA-256 of the SubjectPublicKeyInfo, as kubeadm prints it."""
    import base64
    import hashlib

    from programs import tool
    pem = tool("openssl", "x509", "-in", authority.certificate, "-noout", "-pubkey", timeout=30)
    body = "".join(line for line in pem.splitlines() if not line.startswith("-"))
    return hashlib.sha256(base64.b64decode(body)).hexdigest()
