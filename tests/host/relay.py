"""A TCP relay, to let a server come and go without stopping it."""

import socket
import socketserver
import threading
from contextlib import suppress


class Relay(socketserver.ThreadingTCPServer):
    """Passes connections on to another port of this machine."""

    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], target: int) -> None:
        super().__init__(address, Passing)
        self.target = target


class Passing(socketserver.BaseRequestHandler):
    """Passes bytes both ways until one side has no more."""

    def handle(self) -> None:
        assert isinstance(self.server, Relay)
        with socket.create_connection(("127.0.0.1", self.server.target)) as there:
            back = threading.Thread(target=self.copy, args=(there, self.request))
            back.start()
            self.copy(self.request, there)
            back.join()

    @staticmethod
    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
