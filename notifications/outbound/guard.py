"""Which addresses a caller may make the service call (spec/README.md item 29), and how the call is held to them.

The name is resolved once, every address it has is judged, and the connection goes to an address that was judged: a
name server that answers differently the second time (DNS rebinding) is never asked a second time.
"""

import contextlib
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import httpx

from notifications.outbound.names import Address, Resolver

type Resolve = Callable[[str], Awaitable[list[Address]]]

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Azure's own services inside every virtual network (learn.microsoft.com, "What is IP address 168.63.129.16?").
_PLATFORM = frozenset({IPv4Address("168.63.129.16")})
_NAT64 = IPv6Network("64:ff9b::/96")
_MOST_ADDRESSES = 3
_LAST_PORT = 65535


class RefusedAddressError(Exception):
    """The address may not be called, or does not exist; the text is a short code."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open Internet, also when it is an IPv6 address with an IPv4 one inside."""
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    elif address in _PLATFORM:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a v4-mapped, 6to4 or NAT64 address leads to."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class GuardedTransport(httpx.AsyncBaseTransport):
    """A transport that calls only what may be called; Host header and certificate check stay those of the name.

    `allowed` holds hosts (`localhost`, `[::1]`, `localhost:8080`) that may be called wherever they lead.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
        is_public: Callable[[Address], bool] = is_public,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)
        self._transport = transport or httpx.AsyncHTTPTransport(trust_env=False)
        self._resolver = Resolver()
        self._resolve = resolve or self._resolver
        self._is_public = is_public

    def allows(self, url: httpx.URL) -> bool:
        """Whether this host was allowed by name."""
        host = url.raw_host.decode("ascii").lower()
        host = f"[{host}]" if ":" in host else host
        return not self._allowed.isdisjoint({host, f"{host}:{_port(url)}"})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first of the host's addresses that can be reached."""
        *others, last = (await self._judged(request.url))[:_MOST_ADDRESSES]
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._transport.handle_async_request(_pinned(request, address))
        return await self._transport.handle_async_request(_pinned(request, last))

    async def aclose(self) -> None:
        """Close the transport below, and look no more names up."""
        await self._transport.aclose()
        self._resolver.close()

    async def _judged(self, url: httpx.URL) -> list[Address]:
        if url.scheme not in _DEFAULT_PORTS:
            raise RefusedAddressError("scheme")
        if not 1 <= _port(url) <= _LAST_PORT:
            raise RefusedAddressError("port")
        addresses = await self._resolve(url.raw_host.decode("ascii"))
        if not addresses:
            raise RefusedAddressError("unknown_host")
        # One bad address among good ones is how rebinding begins.
        if not self.allows(url) and not all(map(self._is_public, addresses)):
            raise RefusedAddressError("address_not_public")
        return addresses


def _port(url: httpx.URL) -> int:
    return _DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """The same request, to an address; httpx verifies the certificate for `sni_hostname` (httpx docs, "Extensions").

    The connection is not kept, or the next name at this address would travel over one that was verified for another.
    """
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=_unkept(request.headers),
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )


def _unkept(headers: httpx.Headers) -> httpx.Headers:
    changed = headers.copy()
    changed["Connection"] = "close"
    return changed
