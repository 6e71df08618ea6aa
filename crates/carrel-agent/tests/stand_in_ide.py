"""A stand-in for an IDE, for tests: serves HTTP on a Unix socket and behaves as badly as it is told to.

usage: stand_in_ide.py SOCKET [--slow SECONDS] [--never] [--exit CODE] [--say TEXT] [--ignore-term] [--busy]
       [--daemon PIDFILE]
"""

import argparse
import base64
import hashlib
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

parser = argparse.ArgumentParser()
parser.add_argument("socket")
parser.add_argument("--slow", type=float, default=0)
parser.add_argument("--never", action="store_true")
parser.add_argument("--exit", type=int)
parser.add_argument("--say", action="append", default=[])
parser.add_argument("--ignore-term", action="store_true")
parser.add_argument("--busy", action="store_true")
parser.add_argument("--daemon")
options = parser.parse_args()
kernels, sessions, held, tunnelled = [], [], [], []


def kernel_is(state):
    kernel = {"id": "k1", "name": "python3", "execution_state": state}
    kernels[:] = [kernel]
    sessions[:] = [{"id": "s1", "path": "deep/train.ipynb", "type": "notebook", "kernel": kernel}]


if options.busy:
    kernel_is("busy")


def burn(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


class Ide(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"

    def answer(self, body, headers=()):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def upgrade(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        while came := self.connection.recv(4096):
            tunnelled.append(len(came))
        self.close_connection = True

    def do_GET(self):
        url = urlsplit(self.path)
        ask = dict(parse_qsl(url.query))
        name = url.path.rstrip("/").rsplit("/", 1)[-1]
        if self.headers.get("Upgrade"):
            return self.upgrade()
        if name == "kernels":
            return self.answer(kernels)
        if name == "sessions":
            return self.answer(sessions)
        if name == "busy":
            kernel_is(ask["state"])
        if name == "exit":
            os._exit(int(ask["code"]))
        if name == "eat":
            held.append(os.urandom(1 << 20) * int(ask["mb"]))
        if name == "burn":
            threading.Thread(target=burn, args=(float(ask["seconds"]),), daemon=True).start()
        if name == "say":
            print(ask["text"], flush=True)
        headers = [("Set-Cookie", "in=1; Path=/s/x/"), ("Set-Cookie", "out=1; Path=/")]
        headers += [("Service-Worker-Allowed", "/")]
        seen = {key.lower(): value for key, value in self.headers.items()}
        about = {"pid": os.getpid(), "env": dict(os.environ), "tunnelled": sum(tunnelled)}
        self.answer({"path": self.path, "headers": seen, **about}, headers)

    do_POST = do_GET


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


if options.daemon:
    # In a session of its own: no signal to the group of the IDE reaches it.
    code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    left = subprocess.Popen([sys.executable, "-c", code, options.daemon], start_new_session=True)
    while not os.path.exists(options.daemon) or not os.path.getsize(options.daemon):
        time.sleep(0.01)
if options.ignore_term:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
for text in options.say:
    print(text, flush=True)
if options.exit is not None:
    sys.exit(options.exit)
if options.never:
    while True:
        signal.pause()
time.sleep(options.slow)
Server(options.socket, Ide).serve_forever()
