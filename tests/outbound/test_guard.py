"""Which addresses may be called, and that the connection goes to the address that was judged."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.outbound.guard import GuardedTransport, RefusedAddressError, Resolve, is_public
from notifications.outbound.names import Address

LOOPBACK = IPv4Address("127.0.0.1")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.7",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "168.63.129.16",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:168.63.129.16",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "2001:0:5ef5:79fd::1",
    ],
)
def test_an_address_that_is_not_the_open_internets_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "51.120.0.114", "168.63.129.17", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


class Names:
    """A resolver that answers from a list, the last answer again and again, and remembers what it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = [[ip_address(address) for address in answer] for answer in answers]
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[Address]:
        self.asked.append(host)
        return self._answers[min(len(self.asked), len(self._answers)) - 1]


class Site:
    """A server on 127.0.0.1 that remembers the Host and path of its calls."""

    def __init__(self, port: int, seen: list[str]) -> None:
        self.port = port
        self.seen = seen


@asynccontextmanager
async def site(context: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(f"{request.headers['Host']}{request.rel_url}")
        return web.Response(text="here")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield Site(runner.addresses[0][1], seen)
    finally:
        await runner.cleanup()


def loopback_counts_as_public(address: Address) -> bool:
    return address == LOOPBACK


@asynccontextmanager
async def guarded(
    names: Resolve,
    allowed: frozenset[str] = frozenset(),
    is_public: Callable[[Address], bool] = is_public,
    verify: ssl.SSLContext | bool = True,
) -> AsyncIterator[httpx.AsyncClient]:
    transport = GuardedTransport(
        allowed, transport=httpx.AsyncHTTPTransport(verify=verify), resolve=names, is_public=is_public
    )
    async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(5, connect=1)) as client:
        yield client


async def test_a_name_that_leads_inside_is_refused() -> None:
    async with site() as inside, guarded(Names(["127.0.0.1"])) as client:
        with pytest.raises(RefusedAddressError, match="address_not_public"):
            await client.get(f"http://condition.example.com:{inside.port}/")
    assert inside.seen == []


async def test_one_inside_address_among_public_ones_is_refused() -> None:
    names = Names(["1.1.1.1", "127.0.0.1"])
    async with site() as inside, guarded(names) as client:
        with pytest.raises(RefusedAddressError, match="address_not_public"):
            await client.get(f"http://condition.example.com:{inside.port}/")
    assert inside.seen == []


async def test_a_name_is_resolved_once_so_a_second_answer_changes_nothing() -> None:
    """DNS rebinding: the first answer passes, the second would lead to another machine (here: nowhere)."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with site() as outside, guarded(names, is_public=loopback_counts_as_public) as client:
        answer = await client.get(f"http://condition.example.com:{outside.port}/a?b=c")
    assert answer.text == "here"
    assert names.asked == ["condition.example.com"]
    assert outside.seen == [f"condition.example.com:{outside.port}/a?b=c"]


async def test_a_second_call_is_judged_again() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with site() as outside, guarded(names, is_public=loopback_counts_as_public) as client:
        await client.get(f"http://condition.example.com:{outside.port}/")
        with pytest.raises(RefusedAddressError):
            await client.get(f"http://condition.example.com:{outside.port}/")
    assert len(outside.seen) == 1


@pytest.mark.parametrize("addresses", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
async def test_it_is_enough_that_one_of_the_addresses_can_be_reached(addresses: list[str]) -> None:
    names = Names(addresses)
    async with site() as outside, guarded(names, is_public=lambda address: address.is_loopback) as client:
        assert (await client.get(f"http://condition.example.com:{outside.port}/")).text == "here"


async def test_when_no_address_can_be_reached_it_is_a_connection_error() -> None:
    names = Names(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"])
    async with site() as outside, guarded(names, is_public=lambda address: address.is_loopback) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://condition.example.com:{outside.port}/")
    assert outside.seen == []


async def test_a_host_without_addresses_is_not_called() -> None:
    async with guarded(Names([])) as client:
        with pytest.raises(RefusedAddressError, match="unknown_host"):
            await client.get("http://condition.example.com/")


@pytest.mark.parametrize("entry", ["Condition.example.com", "condition.example.com:{port}"])
async def test_an_allowed_host_may_lead_anywhere(entry: str) -> None:
    async with site() as inside:
        allowed = frozenset({entry.format(port=inside.port)})
        async with guarded(Names(["127.0.0.1"]), allowed) as client:
            assert (await client.get(f"http://condition.Example.com:{inside.port}/")).text == "here"


async def test_another_port_of_an_allowed_host_is_refused() -> None:
    async with site() as inside, guarded(Names(["127.0.0.1"]), frozenset({"condition.example.com:1"})) as client:
        with pytest.raises(RefusedAddressError):
            await client.get(f"http://condition.example.com:{inside.port}/")


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://[::1]/", "[::1]"),
        ("https://a.example.com/", "a.example.com:443"),
        ("http://a.example.com/", "a.example.com:80"),
    ],
)
async def test_a_host_is_allowed_with_the_port_it_would_be_called_on(url: str, entry: str) -> None:
    transport = GuardedTransport(frozenset({entry}))
    assert transport.allows(httpx.URL(url))
    assert not transport.allows(httpx.URL("http://b.example.com/"))
    await transport.aclose()


def certificate(name: str) -> tuple[bytes, bytes]:
    """A self-signed certificate for a host name, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a trusting client's TLS context for condition.example.com."""
    chain, private = certificate("condition.example.com")
    file = tmp_path / "server.pem"
    file.write_bytes(chain + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=chain.decode())


async def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, trusting = contexts
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(name)
    names = Names(["127.0.0.1"])
    to_site = guarded(names, is_public=loopback_counts_as_public, verify=trusting)
    async with site(server) as outside, to_site as client:
        assert (await client.get(f"https://condition.example.com:{outside.port}/")).text == "here"
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(f"https://other.example.com:{outside.port}/")
    assert asked == ["condition.example.com", "other.example.com"]
    assert outside.seen == [f"condition.example.com:{outside.port}/"]


async def test_nothing_but_http_is_called() -> None:
    transport = GuardedTransport(frozenset({"a.example.com"}), resolve=Names(["127.0.0.1"]))
    with pytest.raises(RefusedAddressError, match="scheme"):
        await transport.handle_async_request(httpx.Request("GET", "ftp://a.example.com/"))
    await transport.aclose()


async def test_a_closed_transport_looks_no_more_names_up() -> None:
    transport = GuardedTransport()
    await transport.aclose()
    with pytest.raises(RuntimeError):
        await transport.handle_async_request(httpx.Request("GET", "http://condition.example.com/"))
