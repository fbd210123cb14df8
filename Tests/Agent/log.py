"""The audit log: whole, it is accepted; whatever is done to it, osctl says what and where."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import threading

from chain import SEAM, Chain
from programs import DONE, tool
from report import expect, expect_equal
from world import wait_until

FILE, FILES = 4 << 20, 8
"""How much of the log is kept."""
SECRETS = {"join_secret": "open-sesame-join-secret", "token": "abcdef.0123456789abcdef",
           "bearer": "bearer-of-a-secret", "password": "pass-of-a-url", "query": "query-of-a-url"}


def run(ground, fixture, report):
    with ground.stage("log", fixture) as stage:
        with stage.agent() as agent:
            log = Log(ground, stage, agent, report)
            log.whole()
            log.secrets()
            log.copies()
            log.torn()
            log.killed_under_load()
            log.on_the_node()
            log.rotated()
        full_disk(ground, stage, report)


class Log:
    def __init__(self, ground, stage, agent, report):
        self.ground, self.stage, self.agent, self.report = ground, stage, agent, report
        self.admin, self.reader = stage.identity("admin"), stage.identity("reader")
        self.chance = ground.chance("log")

    def verify(self, *words):
        return self.stage.osctl(self.agent, self.admin, "audit", "verify", *words)

    def verify_file(self, path):
        from programs import call
        return call(self.ground.programs / "osctl", "audit", "verify", "--file", path,
                    env=self.ground.environment())

    def ask(self, number):
        with self.agent.client(self.reader) as client:
            for turn in range(number):
                client.call("GetStatus")
                if turn % 3 == 0:
                    client.call("Shutdown")

    def whole(self):
        with self.report.test("osctl audit verify accepts a log of allowed and denied calls"):
            self.ask(30)
            self.verify().must(DONE, "whole")
        with self.report.test("osctl audit read prints the lines as they lie on the disk"):
            told = self.stage.osctl(self.agent, self.admin, "audit", "read").must(DONE)
            lines = told.out.encode().splitlines()
            expect_equal(lines, Chain.of_agent(self.agent).raw[:len(lines)], "the lines")
            expect(len(lines) > 40, f"only {len(lines)} lines came")
        with self.report.test("a line says when, from where, who, what, how it ended and how long"):
            line = next(each for each in reversed(Chain.of_agent(self.agent).lines)
                        if each["method"] == "Shutdown")
            expect_equal(line["roles"], ["keelos:reader"], "the roles")
            expect("CN=reader" in line["subject"], f"the subject is {line['subject']}")
            expect("127.0.0.1" in line["peer"], f"the peer is {line['peer']}")
            expect(line["result"] != "ok" and "denied" in str(line["reason"]), f"{line}")
            expect(re.match(r"\d{4}-\d\d-\d\dT", str(line["time"])), f"the time is {line['time']}")
            expect(int(line["duration"]) >= 0, f"the duration is {line['duration']}")

    def secrets(self):
        with self.report.test("no secret of a request is in the audit log, the agent's log or an "
                              "operation's file"):
            api = self.ground.api
            with self.agent.client(self.admin) as client:
                client.call("Bootstrap", join_secret=SECRETS["join_secret"],
                            token_with_ca=api.TokenWithCA(
                                api_server="https://127.0.0.1:1", token=SECRETS["token"],
                                ca=self.stage.authority.pem.decode()), timeout=30)
                source = (f"http://user:{SECRETS['password']}@127.0.0.1:1/x.keel"
                          f"?key={SECRETS['query']}")
                client.call("Upgrade", source=source, bearer_token=SECRETS["bearer"],
                            request_id="log-secrets-0001")
                wait_until(lambda: not any(
                    each.state in (1, 2)
                    for each in client.call("ListOperations").message.operations),
                    "the upgrade failed", seconds=60, step=0.2)
            places = [self.agent.log, *(self.stage.state / "audit").iterdir(),
                      *(self.stage.state / "operations").iterdir()]
            for path in places:
                content = path.read_bytes()
                for name, secret in SECRETS.items():
                    expect(secret.encode() not in content, f"{path.name} holds the {name}")

    def copies(self):
        """A copy of the log, changed in every way."""
        self.ask(10)
        copy = self.stage.folder / "copy.jsonl"
        told = self.stage.osctl(self.agent, self.admin, "audit", "read").must(DONE)
        lines = told.out.encode().splitlines()
        copy.write_bytes(b"\n".join(lines) + b"\n")
        with self.report.test("a copy that nobody changed is accepted"):
            self.verify_file(copy).must(DONE, "whole")
        for what, number, changed in self.changes(lines):
            with self.report.test(f"a copy with {what} at line {number} is found out"):
                copy.write_bytes(b"\n".join(changed) + b"\n")
                result = self.verify_file(copy)
                expect(result.code in (1, 2), f"osctl ended with {result.code}: {result.out}")
                expect(re.search(rf"\bline {number}\b", result.sentence),
                       f"it does not say line {number}: {result.sentence}")

    def changes(self, lines):
        """(what, the line that must be named, the lines)"""
        for _ in range(10 if self.ground.runs_all else 4):
            at = self.chance.randrange(1, len(lines) - 2)
            line = bytearray(lines[at])
            place = self.chance.randrange(len(line))
            line[place] ^= 1 << self.chance.randrange(7)
            if bytes(line) != lines[at] and b"\n" not in line and b"\r" not in line:
                yield f"a bit changed at byte {place}", at, [*lines[:at], bytes(line),
                                                             *lines[at + 1:]]
        at = self.chance.randrange(1, len(lines) - 2)
        yield "a line removed", at, lines[:at] + lines[at + 1:]
        yield "two lines swapped", at, [*lines[:at], lines[at + 1], lines[at], *lines[at + 2:]]
        yield "a line given twice", at + 1, [*lines[:at + 1], lines[at], *lines[at + 1:]]
        yield "a line edited and sealed again", at + 1, [*lines[:at], resealed(lines[at]),
                                                         *lines[at + 1:]]
        yield "half a line", at, [*lines[:at], lines[at][:len(lines[at]) // 2], *lines[at + 1:]]
        yield "a line that is no line", at, [*lines[:at], b"{}", *lines[at:]]

    def last_file(self):
        return max((self.stage.state / "audit").glob("*.jsonl"), key=lambda path: int(path.stem))

    def torn(self):
        for cut in (1, 2, 40, self.chance.randrange(3, 200)):
            with self.report.test(f"a last line without its last {cut} bytes is closed by a "
                                  "recovered line"):
                self.verify().must(DONE)
                self.ask(3)
                self.agent.kill()
                path = self.last_file()
                content = path.read_bytes()
                path.write_bytes(content[:-cut])
                torn = content[:-cut].rpartition(b"\n")[2]
                self.agent.start()
                self.agent.answers(self.reader)
                lines = Chain.of_agent(self.agent).lines
                found = [line for line in lines if line["method"] == "recovered"]
                expect(found, "there is no recovered line")
                expect(hashlib.sha256(torn).hexdigest() in json.dumps(found[-1]),
                       f"it does not say what was torn: {found[-1]}")
                Chain.of_agent(self.agent).check()
                self.verify().must(DONE, "whole")

    def killed_under_load(self):
        for number in range(8 if self.ground.runs_all else 3):
            with self.report.test(f"agent killed with -9 under load ({number + 1}): the chain "
                                  "holds"):
                stopping = threading.Event()

                def load():
                    with self.agent.client(self.reader) as client:
                        while not stopping.is_set():
                            client.call("GetStatus", timeout=2)

                threads = [threading.Thread(target=load, daemon=True) for _ in range(6)]
                for thread in threads:
                    thread.start()
                stopping.wait(self.chance.uniform(0.2, 0.6))
                self.agent.kill()
                stopping.set()
                for thread in threads:
                    thread.join(timeout=20)
                self.agent.start()
                self.agent.answers(self.reader)
                Chain.of_agent(self.agent).check()
                self.verify().must(DONE, "whole")

    def rotated(self):
        """Lines as long as they come, until more was written than may be kept."""
        folder = self.stage.state / "audit"
        long = "x" * 4000
        with self.report.test(f"after {FILES + 2} files' worth of lines {FILES} files of "
                              f"{FILE >> 20} MiB are kept, whole from their oldest line on"):
            operator = self.stage.identity("operator")
            method = self.ground.api.methods["Upgrade"]
            request = method.request(source=long, request_id="log-rotated-0001").SerializeToString()
            with self.agent.client(operator) as client:
                send = client.channel.unary_unary(method.path)
                for _ in range((FILES + 2) * FILE // 4200 // 20):
                    calls = [send.future(request, timeout=60) for _ in range(20)]
                    codes = {call.code().name for call in calls}
                    expect_equal(codes, {"INVALID_ARGUMENT"}, "how the calls end")
            files = sorted(folder.glob("*.jsonl"), key=lambda path: int(path.stem))
            expect_equal(len(files), FILES, "the number of files")
            sizes = [path.stat().st_size for path in files]
            expect(max(sizes) <= FILE, f"a file has {max(sizes)} bytes")
            expect(min(sizes[:-1]) > FILE * 9 // 10, f"a full file has {min(sizes[:-1])} bytes")
            expect(int(files[0].stem) > 0, "the oldest line is kept")
            last = Chain.of_agent(self.agent).check()
            self.verify().must(DONE, "whole")
            self.report.note(f"{sum(sizes) / 1e6:.1f} MB in {FILES} files, "
                             f"lines {files[0].stem} to {last['n']}")
        with self.report.test("after kill -9 and a new start it is that log that goes on"):
            last = Chain.of_agent(self.agent).check()
            self.agent.kill()
            self.agent.start()
            self.agent.answers(self.reader)
            expect(Chain.of_agent(self.agent).check()["n"] > last["n"], "it began anew")
            self.verify().must(DONE, "whole")

    def on_the_node(self):
        """The node's own log is changed while the agent is away: osctl remembers its end."""
        folder = self.stage.state / "audit"
        kept = self.stage.folder / "audit-kept"
        self.ask(10)
        self.agent.stop()
        shutil.copytree(folder, kept)
        for what, change, words in (
                ("nothing is changed", lambda path: None, None),
                ("a line is edited", self.edit, r"line \d+ was edited"),
                ("a line is removed", self.remove, r"line \d+ was removed or moved"),
                ("its last 30 lines are cut off", self.cut, r"it has \d+ lines, \d+ were seen"),
                ("all of it is written anew", self.anew, r"it has \d+ lines, \d+ were seen|"
                 r"line \d+ is not the one that was seen here before")):
            with self.report.test(f"on the node {what}: osctl audit verify "
                                  f"{'accepts it' if words is None else 'says what and where'}"):
                self.restore(folder, kept)
                self.agent.start()
                self.agent.answers(self.reader)
                self.verify().must(DONE, "whole")
                self.agent.stop()
                change(self.last_file())
                self.agent.start()
                result = self.verify()
                if words is None:
                    result.must(DONE, "whole")
                else:
                    expect(result.code in (1, 2), f"osctl ended with {result.code}: {result.out}")
                    expect(re.search(words, result.sentence), f"it says: {result.sentence}")
                self.agent.stop()
        with self.report.test("a shortened log is noticed by an osctl status too"):
            self.restore(folder, kept)
            self.agent.start()
            self.agent.answers(self.reader)
            self.stage.osctl(self.agent, self.admin, "status").must(DONE)
            self.agent.stop()
            self.cut(self.last_file())
            self.agent.start()
            told = self.stage.osctl(self.agent, self.admin, "status")
            expect("audit" in (told.out + told.err).lower() and "lines" in told.out + told.err,
                   f"it says: {told.out} {told.err}")
        self.agent.start() if not self.agent.runs else None

    def restore(self, folder, kept):
        """As it was, in the eyes of an osctl that never saw it."""
        if self.agent.runs:
            self.agent.stop()
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        shutil.rmtree(self.ground.home)
        self.ground.home.mkdir()

    def edit(self, path):
        lines = path.read_bytes().split(b"\n")
        at = next(number for number in range(len(lines) // 2, len(lines))
                  if b"GetStatus" in lines[number])
        lines[at] = lines[at].replace(b"GetStatus", b"GetHealth")
        path.write_bytes(b"\n".join(lines))

    def remove(self, path):
        lines = path.read_bytes().split(b"\n")
        del lines[len(lines) // 2]
        path.write_bytes(b"\n".join(lines))

    def cut(self, path):
        lines = path.read_bytes().split(b"\n")
        path.write_bytes(b"\n".join(lines[:-31]) + b"\n")

    def anew(self, path):
        for each in path.parent.iterdir():
            each.unlink()


def full_disk(ground, stage, report):
    """The state folder on a disk without room: lines are lost, the chain is not."""
    folder = stage.folder / "small"
    folder.mkdir()
    tool("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "keel-test", folder)
    try:
        shutil.rmtree(stage.state, ignore_errors=True)
        stage.state.symlink_to(folder)
        reader, admin = stage.identity("reader"), stage.identity("admin")
        with report.test("with a full disk calls are answered, the agent's log says what is lost, "
                         "and the audit log goes on whole when there is room"), \
                stage.agent() as agent:
            with agent.client(reader) as client:
                for _ in range(10):
                    client.call("GetStatus")
                ballast = folder / "ballast"
                with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
                room = os.statvfs(folder).f_bavail * 4096
                for _ in range(room // 200 + 60):
                    expect_equal(client.call("GetStatus").code, "OK", "a status")
                expect("audit log could not be written" in agent.log.read_text(), agent.said())
                ballast.unlink()
                for _ in range(10):
                    client.call("GetStatus")
            Chain.of_agent(agent).check()
            stage.osctl(agent, admin, "audit", "verify").must(DONE, "whole")
            agent.stop()
        unwritable(stage, report, folder)
    finally:
        stage.state.unlink(missing_ok=True)
        tool("umount", folder)


def unwritable(stage, report, folder):
    """An agent that starts while nothing can be kept: a node nobody reaches helps nobody."""
    reader, admin = stage.identity("reader"), stage.identity("admin")
    ballast = folder / "ballast"
    with report.test("an agent that starts on a full disk, behind a torn line, answers; when there "
                     "is room the line is closed and the chain is whole"):
        with stage.agent() as agent, agent.client(reader) as client:
            with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            for _ in range(500):
                client.call("GetStatus")
            expect("audit log could not be written" in agent.log.read_text(), agent.said())
            newest = max((folder / "audit").iterdir())
            # A whole line may fill the disk to its last byte.
            while newest.read_bytes().endswith(b"\n"):
                os.truncate(ballast, ballast.stat().st_size - 4096)
                for _ in range(30):
                    client.call("GetStatus")
            agent.kill()
        with stage.agent() as agent:
            with agent.client(reader) as client:
                expect_equal(client.call("GetStatus").code, "OK", "a status")
                expect("audit log could not be written" in agent.log.read_text(), agent.said())
                ballast.unlink()
                expect_equal(client.call("GetStatus").code, "OK", "a status")
            expect("recovered" in newest.read_text(), "nothing closes the torn line")
            Chain.of_agent(agent).check()
            stage.osctl(agent, admin, "audit", "verify").must(DONE, "whole")
            agent.stop()
    with report.test("an agent whose state folder is only read answers, and changes nothing"):
        tool("mount", "-o", "remount,ro", folder)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with stage.agent() as agent:
            with agent.client(reader) as client:
                expect_equal(client.call("GetStatus").code, "OK", "a status")
            stage.osctl(agent, admin, "status").must(DONE)
            said = agent.log.read_text()
            expect("audit log could not be written" in said, agent.said())
            agent.stop()
        after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        expect_equal(sorted(map(str, after)), sorted(map(str, before)), "the files")
        expect(after == before, "a file has changed")


def resealed(line):
    """The same line with another duration, and the right hash for it."""
    sealed = line.rpartition(SEAM)[0]
    sealed = re.sub(rb'"duration": ?\d+', b'"duration": 123456789', sealed)
    return sealed + SEAM + hashlib.sha256(sealed).hexdigest().encode() + b'"}'
