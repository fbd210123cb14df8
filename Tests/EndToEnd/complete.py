"""Completion in real shells: each sits at a terminal of its own, reads what `osctl completion`
prints, is typed at, and is asked for the rest of the word with the tabulator."""

import contextlib
import os
import pty
import select
import signal
import time

from programs import DONE, call
from report import Wrong, shown

PATIENCE = 20
"""Seconds for a shell to come up, or to complete a word."""
LINES = [
    ("osctl bootstrap-s", "osctl bootstrap-status"),
    ("osctl upgrade --allow", "osctl upgrade --allow-downgrade"),
    ("osctl --output j", "osctl --output json"),
    ("osctl completion z", "osctl completion zsh"),
    ("osctl context use la", "osctl context use laboratory"),
    ("osctl --context la", "osctl --context laboratory"),
]


def run(world, fixture, report):
    with world.scratch("complete") as folder:
        osctl = world.programs / "osctl"
        home = {"HOME": str(folder), "XDG_CONFIG_HOME": "", "OSCTL_CONTEXT": ""}
        call(osctl, "-n", "192.0.2.1", "context", "add", "laboratory", env=home).must(DONE)
        for name in ("bash", "zsh", "fish"):
            script = call(osctl, "completion", name, env=home).must(DONE).out
            for typed, expected in LINES:
                with report.test(f"{name} completes '{typed}'"):
                    with Shell(name, script, folder, osctl.parent) as shell:
                        shell.type(typed, expected)


class Shell:
    """An interactive shell at a terminal, without anybody's own settings."""

    def __init__(self, name, script, folder, programs):
        place = folder / name
        place.mkdir(exist_ok=True)
        (place / "_osctl").write_text(script)
        self.words, start = {
            "bash": (["bash", "--noprofile", "--rcfile", place / "start", "-i"],
                     f"source {place}/_osctl\n"),
            "zsh": (["zsh", "-i"],
                    f"fpath=({place} $fpath)\nautoload -Uz compinit\n"
                    f"compinit -u -d {place}/dump\n"),
            "fish": (["fish", "-i", "--no-config", "-C", f"source {place}/_osctl"], ""),
        }[name]
        prompt = "function fish_prompt; end\n" if name == "fish" else "PS1='ready> '\n"
        for file in ("start", ".zshrc"):
            (place / file).write_text(start + prompt)
        self.environment = {**os.environ, "HOME": str(folder), "ZDOTDIR": str(place),
                            "XDG_CONFIG_HOME": str(folder / ".config"), "TERM": "dumb",
                            "PATH": f"{programs}:{os.environ['PATH']}"}
        self.prompt = b"" if name == "fish" else b"ready> "

    def __enter__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                words = [str(word) for word in self.words]
                os.execvpe(words[0], words, self.environment)
            finally:
                os._exit(127)
        self.seen = b""
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def type(self, typed, expected):
        """Types a line and a tabulator; the shell must write the rest."""
        if self.prompt:
            self.wait_for(self.prompt)
        else:
            self.read(2)
        os.write(self.terminal, typed.encode())
        self.wait_for(typed.encode())
        os.write(self.terminal, b"\t")
        # zsh shows the only choice there is first, and takes it when it is asked again.
        with contextlib.suppress(Wrong):
            return self.wait_for(expected.encode(), 3)
        os.write(self.terminal, b"\t")
        return self.wait_for(expected.encode())

    def wait_for(self, text, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            if left < 0 or not self.read(left):
                raise Wrong(f"no {text} but {shown(self.seen.decode(errors='replace'), 600)}")

    def read(self, seconds):
        """Reads on; False at the end or when nothing comes."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.seen += piece
        return bool(piece)
