"""Where these tests live: the end-to-end ground, with an agent on it and people to ask it."""

import contextlib
import os
import resource
import shutil

import peer
from agent import Agent
from authority import Authority
from loop import attached
from programs import call
from report import Wrong
from world import REPOSITORY, World

OPEN_FILES = 8192


class Ground(World):
    """One run of the tests."""

    def __init__(self, programs, seed, runs_all, report, keep=False):
        super().__init__(programs, seed, runs_all, report)
        self.keep = keep
        if not (self.programs / "keel-agent").is_file():
            raise SystemExit(f"{self.programs} holds no keel-agent")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))

    def __enter__(self):
        super().__enter__()
        if self.keep:
            self.resources.pop_all()
            self.report.note(f"what the programs left stays in {self.folder}")
        self.api = peer.Api(REPOSITORY / "Sources" / "API" / "node.proto", self.folder)
        self.home = self.folder / "home"
        self.home.mkdir()
        return self

    @contextlib.contextmanager
    def stage(self, name, fixture, release=None):
        """A folder with a disk on a loop device that runs 1.0.0, an authority, and no agent."""
        with self.scratch(name) as folder:
            image = folder / "disk.img"
            fixture.disk(image, release or fixture.release("v1", "1.0.0", small=True),
                         slot_size=32 << 20)
            with attached(image) as device:
                yield Stage(self, fixture, folder, image, device)
            if self.keep:
                shutil.copytree(folder, self.folder / f"kept-{name}", dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("*.img", "*.keel"))

    def environment(self, home=None):
        """osctl sees a home folder of its own."""
        home = home or self.home
        return {"HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "OSCTL_CONTEXT": "",
                "KUBECONFIG": ""}


class Stage:
    """A disk, trust, and authorities; agents come and go."""

    def __init__(self, ground, fixture, folder, image, device):
        self.ground, self.fixture, self.folder = ground, fixture, folder
        self.image, self.device = image, device
        self.trust = fixture.usual_trust
        self.state = folder / "state"
        self.authority = Authority(folder / "authority", "clients")

    @contextlib.contextmanager
    def agent(self, *options, bootstrap=True, files=None):
        """A running agent that is gone when the block ends."""
        agent = Agent(self.ground, self.folder, self.device, self.trust, self.state, options, files)
        with agent:
            if bootstrap and not agent.is_bootstrapped:
                agent.bootstrap(self.authority)
            yield agent

    def identity(self, role):
        """A client's certificate with this role, made once."""
        return self.authority.issue(role, organisations=[f"keelos:{role}"])

    def osctl_words(self, agent, identity, *words):
        who = ["--cert", identity.certificate, "--key", identity.key] if identity else []
        return [self.ground.programs / "osctl", "--endpoint", agent.address,
                "--fingerprint", agent.fingerprint, *who, *words]

    def osctl(self, agent, identity, *words, timeout=120):
        return call(*self.osctl_words(agent, identity, *words), timeout=timeout,
                    env=self.ground.environment())

    def slots(self):
        """What `osctl --disk` says of both slots; the agent must be gone."""
        import json
        told = self.ground.osctl(self.device, self.trust, "slots", "--output", "json").must(0)
        found = json.loads(told.out)
        return found["slots"] if isinstance(found, dict) else found


def bounded(action, seconds, what):
    """Runs `action` in a thread; complains when it takes longer."""
    import threading
    result = []

    def body():
        try:
            result.append((True, action()))
        except Exception as fault:  # handed to the caller
            result.append((False, fault))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise Wrong(f"{what}: not within {seconds} s")
    good, value = result[0]
    if not good:
        raise value
    return value


def environment_without(*names):
    return {name: value for name, value in os.environ.items() if name not in names}
