"""Servers on the loopback: nginx that counts every byte, and a line that is cut."""

import contextlib
import pathlib
import random
import socket
import threading

from programs import Running
from report import Wrong
from world import wait_until

TOKEN = "letmein"


HELD = []
"""One socket for each port that this process has chosen."""


def free_port():
    """A port that stays ours until this process ends, whoever listens on it and when.

    The kernel gives nobody a port outside its own range, and runs of these tests tell each other
    which they have: by a name that goes with the process.
    """
    low, high = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    outside = [*range(10_000, low), *range(high + 1, 65_536)]
    for port in random.sample(outside, min(2_000, len(outside))):
        name = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            try:
                name.bind(f"\0keel-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                name.close()
                continue
        HELD.append(name)
        return port
    raise Wrong("there is no free port")


def answers(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False


class Nginx:
    """Serves a folder: `/` at full speed, `/slow/` at `rate`, `/whole/` without ranges, and
    `/secret/` and `/slow-secret/` for those with the token; `/v2/` is a container registry's, where
    the folder has one. With `pki` it speaks TLS on `tls`, and on `mutual` asks for a client
    certificate. `address` is where it listens."""

    def __init__(self, folder, rate="2m", pki=None, address="127.0.0.1"):
        self.folder = pathlib.Path(folder)
        self.rate, self.pki, self.address = rate, pki, address
        self.port, self.tls, self.mutual = (free_port() for _ in range(3))
        self.resources = contextlib.ExitStack()

    def __enter__(self):
        work = self.folder / f"nginx-{self.port}"
        work.mkdir()
        self.log = work / "access.log"
        configuration = work / "nginx.conf"
        configuration.write_text(self._configuration(work))
        output = self.resources.enter_context(open(work / "output.log", "wb"))
        self.resources.enter_context(Running("nginx", "-p", work, "-c", configuration, log=output))
        wait_until(lambda: answers(self.port, self.address),
                   f"nginx: {(work / 'output.log').read_text()}")
        return self

    def __exit__(self, *_):
        self.resources.close()

    def url(self, path):
        return f"http://{self.address}:{self.port}/{path}"

    def requests(self, count=None):
        """(status, bytes sent) of each request; waits for `count` of them: nginx writes a line
        after the last byte."""
        if count is not None:
            wait_until(lambda: len(self.log.read_text().splitlines()) >= count,
                       f"{count} requests in nginx's log", seconds=5)
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [(int(status), int(size)) for status, size in lines]

    def forget(self):
        """Empties the log; nginx appends to it."""
        self.log.write_text("")

    def _configuration(self, work):
        servers = self._server(f"{self.address}:{self.port}")
        if self.pki:
            keys = (f"ssl_certificate {self.pki.file('server.pem')};"
                    f"ssl_certificate_key {self.pki.file('server.key')};")
            ask = f"ssl_verify_client on; ssl_client_certificate {self.pki.file('ca.pem')};"
            servers += self._server(f"{self.address}:{self.tls} ssl", keys)
            servers += self._server(f"{self.address}:{self.mutual} ssl", keys + ask)
        temporary = "".join(f"{kind}_temp_path {work}/temporary;" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
            daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;
            events {{}}
            http {{
                log_format sent '$status $bytes_sent';
                access_log {self.log} sent;
                {temporary}
                {servers}
            }}"""

    def _server(self, listen, extra=""):
        return f"""
            server {{
                listen {listen}; root {self.folder}; {extra}
                location /slow/ {{ alias {self.folder}/; limit_rate {self.rate}; }}
                location /slow-secret/ {{
                    alias {self.folder}/; limit_rate {self.rate};
                    if ($http_authorization != "Bearer {TOKEN}") {{ return 401; }}
                }}
                location ~ ^/v2/.*/manifests/ {{
                    default_type application/vnd.oci.image.manifest.v1+json;
                }}
                location /whole/ {{ alias {self.folder}/; max_ranges 0; }}
                location /secret/ {{
                    alias {self.folder}/;
                    if ($http_authorization != "Bearer {TOKEN}") {{ return 401; }}
                }}
            }}"""


class CuttingProxy:
    """Passes connections on to a port, and cuts each after as many bytes as `limits` says; when
    it says no more, all pass, or with `for_good` none does."""

    def __init__(self, port, limits, for_good=False):
        self.target, self.limits, self.for_good = port, list(limits), for_good
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.1)
        self.port = self.listener.getsockname()[1]
        self.stopping = threading.Event()
        self.threads = []

    def __enter__(self):
        self.threads.append(threading.Thread(target=self._accept, daemon=True))
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(timeout=10)
        self.listener.close()
        if any(thread.is_alive() for thread in self.threads):
            raise Wrong("a thread of the proxy does not end")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def _accept(self):
        while not self.stopping.is_set():
            try:
                client, _ = self.listener.accept()
            except TimeoutError:
                continue
            if not self.limits and self.for_good:
                client.close()
                continue
            limit = self.limits.pop(0) if self.limits else None
            thread = threading.Thread(target=self._pass, args=(client, limit), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _pass(self, client, limit):
        with contextlib.suppress(OSError), client, \
                socket.create_connection(("127.0.0.1", self.target), timeout=10) as server:
            client.settimeout(0.02)
            server.settimeout(0.02)
            passed = 0
            while not self.stopping.is_set():
                if not self._move(client, server, 1 << 16):
                    return
                room = 1 << 16 if limit is None else min(1 << 16, limit - passed)
                moved = self._move(server, client, room)
                if not moved:
                    return
                passed += max(moved, 0)
                if limit is not None and passed >= limit:
                    self.cuts += 1
                    return

    @staticmethod
    def _move(source, target, room):
        """Bytes moved; -1 when there are none now, 0 at the end."""
        try:
            content = source.recv(room)
        except TimeoutError:
            return -1
        target.settimeout(10)
        target.sendall(content)
        target.settimeout(0.02)
        return len(content)
