#!/usr/bin/env python3
"""Stands in for RStudio Server's `rserver`, which the tests cannot install.

It knows the options that the catalogue's entry uses, refuses all others as the real one does, checks what the real one is
known to insist on, and answers like it: a first visit is sent to sign in and comes back with cookies whose path is
--www-root-path word for word.
"""

import http.cookies
import http.server
import os
import pwd
import signal
import socket
import stat
import sys

OPTIONS = {
    "auth-none",
    "database-config-file",
    "rsession-config-file",
    "rsession-which-r",
    "secure-cookie-key-file",
    "server-data-dir",
    "server-user",
    "www-frame-origin",
    "www-root-path",
    "www-socket",
    "www-verify-user-agent",
}


def refuse(text):
    sys.exit(f"ERROR {text}")


def options(arguments):
    given = {}
    for argument in arguments:
        name, sign, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or name not in OPTIONS:
            refuse(f"unrecognised option '{argument}'")
        if not sign or not value:
            refuse(f"the required argument for option '--{name}' is missing")
        given[name] = value
    for name in sorted(OPTIONS - given.keys()):
        refuse(f"the stand-in misses --{name}")
    return given


def config(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file if line.strip())


def account():
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def check(given):
    if given["server-user"] != account():
        refuse(f"only root may change to another user than {account()}")
    if given["auth-none"] != "1" or given["www-verify-user-agent"] != "0":
        refuse("the stand-in wants --auth-none=1 and --www-verify-user-agent=0")
    root = given["www-root-path"]
    if not root.startswith("/") or not root.endswith("/") or "//" in root:
        refuse(f"--www-root-path={root} would be a cookie path that no request has")
    database = config(given["database-config-file"])
    if database.get("provider") != "sqlite" or not os.path.isdir(database.get("directory", "")):
        refuse("the database is neither sqlite nor in a folder that is there")
    if "session-default-working-dir" not in config(given["rsession-config-file"]):
        refuse("the session has no folder to begin in")
    if not os.access(given["rsession-which-r"], os.X_OK):
        refuse("R cannot be run")
    data = given["server-data-dir"]
    os.makedirs(data, exist_ok=True)
    os.chmod(data, 0o777)
    private = data
    while stat.S_IMODE(os.stat(private).st_mode) & 0o077:
        private = os.path.dirname(private)
        if private == "/":
            refuse(f"{data} is open to everybody on this host")
    with open(given["secure-cookie-key-file"], "x", encoding="utf-8") as file:
        file.write(os.urandom(16).hex())


class Handler(http.server.BaseHTTPRequestHandler):
    root = "/"

    def do_GET(self):
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        if self.path.startswith("/auth-sign-in"):
            self.send_response(302)
            self.send_header("Location", self.root)
            for name in ("user-id", "csrf-token", "rs-csrf-token"):
                self.send_header("Set-Cookie", f"{name}=1; path={self.root}; HttpOnly")
            self.end_headers()
        elif "user-id" not in cookies:
            self.send_response(302)
            self.send_header("Location", f"{self.root}auth-sign-in?appUri=%2F")
            self.end_headers()
        else:
            body = b"stand-in for RStudio\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def address_string(self):
        return "socket"


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_UNIX

    def server_bind(self):
        socket.socket.bind(self.socket, self.server_address)


def main():
    if sys.argv[1:] == ["--version"]:
        print("2026.10.0+1 (Stand-In) for tests")
        return
    given = options(sys.argv[1:])
    check(given)
    Handler.root = given["www-root-path"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(given["www-socket"], Handler).serve_forever()


main()
