"""Small pages over TLS, good and bad. Arguments: certificate, key, log, [client CA].

Prints its port. Each request is a line of the log: its path and its Authorization field.
"""

import http.server
import ssl
import sys
import time

CERTIFICATE, KEY, LOG = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, fields=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with open(LOG, "a") as log:
            print(self.path, self.headers.get("Authorization", "-"), file=log)
        self.close_connection = True
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        word, _, rest = self.path[1:].partition("/")
        getattr(self, "do_" + word)(rest)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def do_told(self, _):
        names = ("Content-Type", "Content-Length", "Expect", "Transfer-Encoding")
        fields = [self.headers.get(name, "-") for name in names]
        self.answer(200, " ".join([self.command, *fields]).encode() + b"\n" + self.content)

    def do_refused(self, rest):
        self.answer(int(rest), self.command.encode())

    def do_status(self, rest):
        self.answer(int(rest), rest.encode())

    def do_who(self, _):
        subject = (self.connection.getpeercert() or {}).get("subject", ())
        names = [value for part in subject for name, value in part if name == "commonName"]
        self.answer(200, "".join(names).encode())

    def do_big(self, rest):
        self.answer(200, b"x" * int(rest))

    def do_open(self, rest):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"x" * int(rest))

    def do_slow(self, rest):
        time.sleep(float(rest))
        self.answer(200, b"late")

    def do_drip(self, rest):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(int(rest)):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def do_head(self, rest):
        self.send_response(200)
        for number in range(int(rest) // 1000):
            self.send_header("X-%d" % number, "x" * 990)
        self.end_headers()

    def do_redirect(self, _):
        self.answer(302, b"", [("Location", "/status/200")])

    def do_cut(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"x" * 10)

    def do_garbage(self, _):
        self.wfile.write(b"\0\1\2 no HTTP at all\r\n\r\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
if len(sys.argv) > 4:
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(sys.argv[4])
server = Server(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
