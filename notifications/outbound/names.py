"""Looking host names up without holding up anybody else's look-ups.

The event loop looks names up on a few threads that the whole process shares; a dozen names whose servers do not answer
would take all of them for as long as the system's resolver is patient.
"""

import asyncio
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

type Address = IPv4Address | IPv6Address

LOOK_UPS = 16


@dataclass(slots=True)
class _LookUp:
    """A look-up and how many wait for it."""

    work: Future[list[Address]]
    waiting: int = 0


class Resolver:
    """The system's resolver on threads of its own: sixteen names at once, each once for all who ask meanwhile.

    One name takes one thread, so a caller's slow name server cannot take them all, however many orders name it.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="names")
        self._look_ups: dict[str, _LookUp] = {}

    async def __call__(self, host: str) -> list[Address]:
        """All addresses of a host, IPv4 first; none when it has none, or is no host name."""
        look_up = self._look_ups.get(host) or self._begin(host)
        look_up.waiting += 1
        try:
            return await asyncio.shield(asyncio.wrap_future(look_up.work))
        finally:
            look_up.waiting -= 1
            if not look_up.waiting:
                # Takes back what has not begun; what has cannot be stopped, and is joined by whoever asks next.
                look_up.work.cancel()

    def close(self) -> None:
        """Begin no more look-ups."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(self, host: str) -> _LookUp:
        look_up = self._look_ups[host] = _LookUp(self._threads.submit(_addresses, host))
        look_up.work.add_done_callback(lambda _: self._look_ups.pop(host, None))
        return look_up


def _addresses(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = {ip_address(sockaddr[0]) for *_, sockaddr in found}
    except (OSError, UnicodeError, ValueError):
        return []
    return sorted(addresses, key=lambda address: (address.version, int(address)))
