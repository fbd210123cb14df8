"""The guides, as they are written: their commands, block by block, on real nodes."""

import os
import pathlib
import re
import subprocess

from report import Wrong, expect

GUIDES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guides"


def run(cluster, report):
    bundle = cluster.releases.good("1.1.0")
    with cluster.node(1) as node:
        told = {"KUBECONFIG": cluster.plane.admin, "NODE": node.machine.address, "NAME": node.name}
        guide = Guide(cluster, node, report)
        guide.follow("bootstrap", FINGERPRINT=node.fingerprint, API=cluster.plane.server, **told)
        guide.follow("upgrade", SOURCE=f"{cluster.address}/{bundle}", VERSION="1.1.0", **told)
        guide.follow("rescue", "It answers", **told)
        node.osctl("--endpoint", node.machine.address, "--fingerprint", node.fingerprint,
                   "status").must()
        node.machine.kill()
        guide.follow("rescue", "It does not answer", DISK=node.machine.disk,
                     TRUST=cluster.releases.served / "keys" / "trust", **told)


class Guide:
    """Follows guides in one folder, with the programs that they name."""

    def __init__(self, cluster, node, report):
        self.node, self.report = node, report
        self.folder = node.folder / "guide"
        self.folder.mkdir()
        self.programs = self.folder / "bin"
        self.programs.mkdir()
        (self.programs / "osctl").symlink_to(cluster.programs / "osctl")
        (self.programs / "kubectl").symlink_to(cluster.plane.program("kubectl"))

    def follow(self, name, chapter=None, **values):
        """Every block of the guide, or of its chapter; the values are those of its first block."""
        text = (GUIDES / f"{name}.md").read_text(encoding="utf-8")
        given, blocks = parts(text, chapter)
        unknown = set(values) - given
        expect(not unknown, f"{name} does not name {unknown}")
        title = f"{name}{': ' + chapter if chapter else ''}"
        with self.report.test(f"the guide {title} does what it says"):
            expect(blocks, f"{title} has no commands")
            script = "".join(f"echo '--- block {number}' >&2\n{block}\n"
                             for number, block in enumerate(blocks, 1))
            self._shell(script, values)

    def _shell(self, script, values):
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder, timeout=9000,
            check=False, env={"PATH": f"{self.programs}:{os.environ['PATH']}",
                              "HOME": str(self.node.home),
                              **{name: str(value) for name, value in values.items()}})
        if done.returncode:
            block = re.findall(r"^--- block (\d+)$", done.stdout, re.MULTILINE)[-1]
            last = done.stdout.splitlines()[-1][:200]
            raise Wrong(f"block {block} ended with {done.returncode}: {last}\n"
                        f"{done.stdout[-6000:]}\n{self.node.story()}")


def parts(text, chapter=None):
    """(names that the first block sets, the blocks to run)."""
    values = re.search(r"^```sh values\n(.*?)^```", text, re.MULTILINE | re.DOTALL).group(1)
    names = set(re.findall(r"^(?:export )?([A-Z]+)=", values, re.MULTILINE))
    if chapter:
        text = re.search(rf"^## {re.escape(chapter)}$(.*?)(?=^## |\Z)", text,
                         re.MULTILINE | re.DOTALL).group(1)
    return names, re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
