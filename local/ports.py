"""Choosing and checking ports of 127.0.0.1."""

import errno
import random
import socket

from local.errors import CommandError

# Below Linux's ephemeral range (32768…): an outgoing connection can never take the port of a program that is
# about to be started again.
FREE_RANGE = range(20_000, 32_768)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now; raises CommandError where the port is not permitted."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise CommandError(f"port {port} cannot be used: {error.strerror}") from error
    return True


def free_ports(count: int) -> list[int]:
    """This many different free ports; raises CommandError if there are none left."""
    candidates = iter(random.sample(FREE_RANGE, len(FREE_RANGE)))
    found = [port for _ in range(count) if (port := next(filter(is_free, candidates), None)) is not None]
    if len(found) < count:
        raise CommandError(f"no free port in {FREE_RANGE.start}–{FREE_RANGE.stop - 1}")
    return found


def require_free(port: int, remedy: str) -> int:
    """The port itself; raises CommandError, with the remedy, if something listens on it."""
    if not is_free(port):
        raise CommandError(f"port {port} is in use: stop what uses it{remedy}")
    return port
