"""The node of the demo: a disk, the agent that looks after it, and the machine it boots in."""

import os
import re
import signal
import subprocess
import time

from stage import boot_once, free_port, record, run


class Node:
    """A disk on a workbench. An agent serves it, or a machine boots it, never both at once."""

    def __init__(self, programs, folder, disk, trust):
        self.programs, self.folder, self.disk, self.trust = programs, folder, disk, trust
        self.state, self.home = folder / "state", folder / "home"
        self.log = folder / "agent.log"
        self.address = f"127.0.0.1:{free_port()}"
        self.process = None
        self.home.mkdir()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)

    def start(self):
        """Starts the agent and waits until it says that it serves."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "keel-agent", "--disk", self.disk, "--trust", self.trust,
                 "--state", self.state, "--listen", self.address, "--plain-host"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(400):
            said = self.log.read_text()[begin:]
            if found := re.search(r"The agent serves .*fingerprint=(\w+)", said):
                self.fingerprint = found.group(1)
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit(f"demo: keel-agent does not serve: {self.log.read_text()}")

    def stop(self):
        """As a shutdown ends it."""
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=30) != 0:
            raise SystemExit(f"demo: keel-agent ended with {self.process.returncode}: "
                             f"{self.log.read_text()}")

    def osctl(self, *words):
        """What osctl printed, its progress included; it has a home of its own."""
        told = {name: value for name, value in os.environ.items()
                if not name.startswith(("XDG_", "OSCTL_", "KUBECONFIG"))}
        return run(self.programs / "osctl", *words, cwd=self.folder, errors=subprocess.STDOUT,
                   env={**told, "HOME": str(self.home), "PWD": str(self.folder)})

    def boot(self):
        """Ends the agent, starts the disk as a machine, and starts the agent on it again.

        What real GRUB said that it boots, and the record before and after.
        """
        self.stop()
        before = record(self.disk)
        slot, state = boot_once(self.disk)
        after = record(self.disk)
        self.start()
        return slot, state, before, after
