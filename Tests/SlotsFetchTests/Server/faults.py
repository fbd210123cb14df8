"""A file server that misbehaves on demand, on loopback.

    faults.py FOLDER LOG [CERTIFICATE KEY]

It prints its port on the first line and serves until its standard input ends. A request for
/NAME?fault=value&... gets FOLDER/NAME with the faults asked for. LOG gets one line a request:
what was asked, with which fields and from which port, separated by tabs, `-` for a field that was
not sent.

    times=K       the faults below strike only the first K requests for this path and query
    cut=N         close the connection after N bytes of the body
    stall=N       stop sending after N bytes of the body
    trickle=S     pause for S seconds before each 8 KiB of the body
    slowhead=S    send the head one byte each S seconds
    status=C      answer with status C (with retryafter=S: and that field)
    to=URL        answer with a redirect
    circle=1      answer with a redirect to the same page
    lie=N         announce N bytes more (or fewer) than there are
    shift=N       answer a range with one that begins N bytes later
    total=N       claim another size of the whole file in Content-Range
    long=N        answer a range with N bytes more than asked for
    extra=N       send N bytes more than there are (with chunked=1)
    unranged=1    answer a range with the whole file

    after=K       the next three strike after the first K requests
    forget=1      answer a range with the whole file
    swap=NAME     serve that file instead
    retag=TEXT    send that entity tag instead

    etag=TEXT     the entity tag; `none` for none; a strong one by default
    date=TEXT     the modification date; none by default
    short=N       answer ranges with at most N bytes, as RFC 9110 allows
    plain=1       know no ranges
    chunked=1     announce no length
"""

import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FOLDER, LOG = sys.argv[1:3]
LOCK = threading.Lock()
SEEN = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def note(self):
        fields = ["Range", "If-Range", "Authorization", "Host", "User-Agent"]
        values = [self.headers.get(name, "-") for name in fields]
        line = "\t".join([self.path] + values + [str(self.client_address[1])])
        with LOCK, open(LOG, "a") as log:
            log.write(line + "\n")

    def count(self):
        with LOCK:
            SEEN[self.path] = SEEN.get(self.path, 0) + 1
            return SEEN[self.path]

    def do_GET(self):
        self.note()
        parts = urlsplit(self.path)
        ask = {name: values[0] for name, values in parse_qs(parts.query).items()}
        turn = self.count()
        strikes = turn <= int(ask.get("times", "1000000"))
        late = turn > int(ask.get("after", "1000000"))
        fault = ask if strikes else {}
        if "status" in fault:
            return self.refuse(int(fault["status"]), fault)
        if "to" in fault:
            return self.redirect(fault["to"])
        if "circle" in fault:
            return self.redirect(self.path)
        name = ask["swap"] if late and "swap" in ask else parts.path.lstrip("/")
        with open(os.path.join(FOLDER, name), "rb") as file:
            self.serve(file.read(), ask, fault, late)

    def refuse(self, status, fault):
        self.send_response(status)
        if "retryafter" in fault:
            self.send_header("Retry-After", fault["retryafter"])
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"busy")

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def serve(self, body, ask, fault, late):
        tag = ask.get("etag", '"v1"')
        if late and "retag" in ask:
            tag = ask["retag"]
        if late and "forget" in ask:
            fault = {**fault, "unranged": "1"}
        start, end = self.part(body, ask, fault, tag)
        if start is not None and start >= len(body):
            return self.refuse(416, fault)
        total = len(body)
        head = []
        if start is None:
            status, start, end = 200, 0, total
        else:
            status = 206
            shift, extra = int(fault.get("shift", 0)), int(fault.get("long", 0))
            start, end = start + shift, min(end + shift + extra, total)
            claimed = fault.get("total", total)
            head.append(("Content-Range", f"bytes {start}-{end - 1}/{claimed}"))
        if "plain" not in ask:
            head.append(("Accept-Ranges", "bytes"))
        if tag != "none":
            head.append(("ETag", tag))
        if "date" in ask:
            head.append(("Last-Modified", ask["date"]))
        if "chunked" in ask:
            head.append(("Transfer-Encoding", "chunked"))
        else:
            head.append(("Content-Length", str(end - start + int(fault.get("lie", 0)))))
        extra = bytes(int(fault.get("extra", 0)))
        self.send(status, head, body[start:end] + extra, fault, "chunked" in ask)
        if int(fault.get("lie", 0)) != 0:
            self.close_connection = True

    def part(self, body, ask, fault, tag):
        """The range to answer with; (None, None) for the whole file."""
        asked = self.headers.get("Range")
        if not asked or "plain" in ask or "unranged" in fault:
            return None, None
        condition = self.headers.get("If-Range")
        if condition and condition != tag and condition != ask.get("date"):
            return None, None
        first, last = asked.removeprefix("bytes=").split("-")
        start = int(first)
        end = min(int(last) + 1 if last else len(body), len(body))
        if "short" in ask:
            end = min(end, start + int(ask["short"]))
        return start, end

    def send(self, status, head, body, fault, chunked):
        self.send_response(status)
        for name, value in head:
            self.send_header(name, value)
        self._headers_buffer.append(b"\r\n")
        raw = b"".join(self._headers_buffer)
        self._headers_buffer = []
        try:
            self.send_head(raw, fault)
            self.send_body(body, fault, chunked)
        except OSError:
            self.close_connection = True

    def send_head(self, raw, fault):
        if "slowhead" not in fault:
            self.wfile.write(raw)
            return
        for index in range(len(raw)):
            self.wfile.write(raw[index : index + 1])
            time.sleep(float(fault["slowhead"]))

    def send_body(self, body, fault, chunked):
        limit = min(int(fault.get("cut", len(body))), int(fault.get("stall", len(body))))
        step = 8 * 1024 if "trickle" in fault else 64 * 1024
        for offset in range(0, min(limit, len(body)), step):
            piece = body[offset : min(offset + step, limit)]
            time.sleep(float(fault.get("trickle", 0)))
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if "cut" in fault and limit < len(body):
            self.close_connection = True
            return
        if "stall" in fault and limit < len(body):
            # Until the client has had enough.
            self.connection.settimeout(60)
            self.connection.recv(1)
            self.close_connection = True
            return
        if chunked:
            self.wfile.write(b"0\r\n\r\n")


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
