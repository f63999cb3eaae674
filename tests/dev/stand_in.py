"""A small server to be supervised: `GET /die` ends it with exit code 3, anything else answers 200.

Usage: stand_in.py PORT [--stubborn] [--with-child FILE]   (FILE takes the process id of a child of its own)
"""

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/die":
            os._exit(3)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def main(arguments: list[str]) -> None:
    if "--stubborn" in arguments:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "--with-child" in arguments:
        child = subprocess.Popen(["sleep", "600"])
        Path(arguments[arguments.index("--with-child") + 1]).write_text(str(child.pid))
    HTTPServer(("127.0.0.1", int(arguments[0])), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
