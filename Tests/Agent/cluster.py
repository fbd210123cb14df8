"""A small model of a Kubernetes API server over HTTPS: the two pages that a bootstrap asks for."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time

CLUSTER_INFO = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
VERSION = "/version"


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def detached_signature(payload, token):
    """As kubeadm's token controller signs `cluster-info`: RFC 7515, appendix F."""
    identity, secret = token.split(".")
    header = base64url(json.dumps({"alg": "HS256", "kid": identity}).encode())
    text = f"{header}.{base64url(payload)}".encode()
    return f"{header}..{base64url(hmac.new(secret.encode(), text, hashlib.sha256).digest())}"


def web_token(expires_in=3600):
    """As `kubectl create token` prints one; only the API server could check its signature."""
    now = int(time.time())
    parts = [{"alg": "RS256", "kid": "k"}, {"aud": ["https://kubernetes.default.svc"],
                                            "exp": now + expires_in, "iat": now - 7200,
                                            "sub": "system:serviceaccount:kube-system:joiner"}]
    return ".".join([*(base64url(json.dumps(part).encode()) for part in parts),
                     base64url(b"signature" * 20)])


class Cluster:
    """Serves as `server` (a certificate and key) and takes the tokens in `tokens`."""

    def __init__(self, server, authority, tokens=(), info_token=None, delay=0, redirect=None,
                 body=None):
        self.server, self.authority, self.tokens = server, authority, set(tokens)
        self.info_token, self.delay, self.redirect, self.body = info_token, delay, redirect, body
        self.asked = []
        """(path, Authorization) of each request."""

    def __enter__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                """Nobody reads it."""

        class Listener(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """A client that hangs up, or does not like our certificate, is none of ours."""

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        if self.server:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.server.certificate, self.server.key)
            self.listener.socket = context.wrap_socket(self.listener.socket, server_side=True,
                                                       do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(0.05,),
                                       daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join(timeout=10)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.listener.server_address[1]}"

    @property
    def plain_url(self):
        return self.url.replace("https", "http")

    def answer(self, request):
        given = request.headers.get("Authorization", "")
        self.asked.append((request.path, given))
        if self.delay:
            time.sleep(self.delay)
        if self.redirect:
            request.send_response(302)
            request.send_header("Location", self.redirect + request.path)
            request.end_headers()
        elif request.path == CLUSTER_INFO and self.info_token:
            self.send(request, 200, self.cluster_info())
        elif given.removeprefix("Bearer ") not in self.tokens:
            self.send(request, 401, {"kind": "Status", "code": 401, "reason": "Unauthorized"})
        elif request.path == VERSION:
            self.send(request, 200, self.body or {"major": "1", "minor": "33",
                                                  "gitVersion": "v1.33.1"})
        else:
            self.send(request, 404, {"kind": "Status", "code": 404})

    def cluster_info(self):
        data = base64.b64encode(self.authority.pem).decode()
        text = ("apiVersion: v1\nclusters:\n- cluster:\n"
                f"    certificate-authority-data: {data}\n    server: {self.url}\n"
                "  name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\n"
                "preferences: {}\nusers: null\n")
        identity = self.info_token.split(".")[0]
        return {"kind": "ConfigMap", "apiVersion": "v1", "data": {
            "kubeconfig": text,
            f"jws-kubeconfig-{identity}": detached_signature(text.encode(), self.info_token)}}

    @staticmethod
    def send(request, status, document):
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        try:
            request.wfile.write(content)
        except OSError:
            return
