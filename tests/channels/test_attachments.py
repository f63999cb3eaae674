"""Fetching attachments, against the simulated blob storage and other real HTTP servers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpx
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulators.blobs.service import Options, blobs, content
from local.simulators.serving import listening
from notifications.channels.email.attachments import DOWNLOADS_AT_ONCE, BlobAttachments
from notifications.channels.protocol import AttachedFile, AttachmentSource
from notifications.domain.order import Attachment
from notifications.domain.outcomes import Postponed, Refused
from notifications.domain.statuses import Status
from notifications.outbound.guard import GuardedTransport
from notifications.outbound.names import Address

from .servers import closed_port, serving

SIGNATURE = "se=2099-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=top%2Bsecret%2F%3D"
EXPIRED = SIGNATURE.replace("2099", "2020")
LIMIT = 100_000
AZURE = "https://files.blob.core.windows.net"

type Fetched = tuple[AttachedFile, ...] | Refused | Postponed


def file(address: str, name: str = "letter.pdf", mime_type: str = "application/pdf") -> Attachment:
    return Attachment(filename=name, mime_type=mime_type, sas_url=address)


def invalid(reason: str) -> Refused:
    return Refused(Status.INVALID_SAS_URL, f"attachment_{reason}")


TOO_LARGE = Refused(Status.PAYLOAD_TOO_LARGE, "attachments_too_large")


@asynccontextmanager
async def attachments(
    transport: GuardedTransport | None = None, *, limit: int = LIMIT, time_limit: float = 20
) -> AsyncIterator[BlobAttachments]:
    source = BlobAttachments(transport or local(), limit=limit, time_limit=time_limit)
    try:
        yield source
    finally:
        await source.aclose()


def local() -> GuardedTransport:
    return GuardedTransport(frozenset({"127.0.0.1"}))


async def fetch(files: Sequence[Attachment], **options: float) -> Fetched:
    async with attachments(limit=int(options.get("limit", LIMIT)), time_limit=options.get("time_limit", 20)) as source:
        return await source.fetch(files, within=options.get("within", 20))


@pytest.fixture
async def store() -> AsyncIterator[str]:
    """The simulated storage's address."""
    async with listening(blobs(Options(slow=3600)), 0) as base:
        yield base


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[list[str]]:
    """The paths that the storage was asked for meanwhile."""
    paths: list[str] = []
    async with httpx.AsyncClient() as client:
        yield paths
        paths += [call["reference"] for call in (await client.get(f"{url}/_calls")).json()]


async def test_it_is_a_source_of_attachments() -> None:
    async with attachments() as source:
        it: AttachmentSource = source
        assert await it.fetch((), within=1) == ()


async def test_files_come_in_their_order_with_names_and_types(store: str) -> None:
    wanted = [
        file(f"{store}/40000/a?{SIGNATURE}", "Vedtak æ.pdf"),
        file(f"{store}/1/b?{SIGNATURE}", "b.txt", "text/plain"),
        file(f"{store}/0/c?{SIGNATURE}", "c.csv", "text/csv"),
    ]
    assert await fetch(wanted) == (
        AttachedFile(name="Vedtak æ.pdf", mime_type="application/pdf", content=content(0, 40_000)),
        AttachedFile(name="b.txt", mime_type="text/plain", content=content(0, 1)),
        AttachedFile(name="c.csv", mime_type="text/csv", content=b""),
    )


@pytest.mark.parametrize(
    ("container", "outcome"),
    [
        ("missing", invalid("http_404")),
        ("archived", invalid("http_409")),
        ("redirect", invalid("http_302")),
        ("error", Postponed("attachment_http_500")),
        ("busy", Postponed("attachment_http_503")),
        ("reset", Postponed("attachment_unreachable")),
        ("broken", Postponed("attachment_unreachable")),
        ("endless", TOO_LARGE),
    ],
)
async def test_each_answer_of_the_storage_has_its_outcome(store: str, container: str, outcome: object) -> None:
    async with calling(store) as paths:
        assert await fetch([file(f"{store}/{container}/letter.pdf?{SIGNATURE}")]) == outcome
    assert paths == [f"/{container}/letter.pdf"]


@pytest.mark.parametrize("query", [EXPIRED, SIGNATURE.replace("sig=", "x="), SIGNATURE.replace("sp=r", "sp=w"), ""])
async def test_a_signature_that_does_not_open_the_file_is_final(store: str, query: str) -> None:
    assert await fetch([file(f"{store}/out/letter.pdf?{query}")]) == invalid("http_403")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (201, invalid("http_201")),
        (204, invalid("http_204")),
        (206, invalid("http_206")),
        (304, invalid("http_304")),
        (400, invalid("http_400")),
        (401, invalid("http_401")),
        (408, Postponed("attachment_http_408")),
        (410, invalid("http_410")),
        (416, invalid("http_416")),
        (429, Postponed("attachment_http_429")),
        (502, Postponed("attachment_http_502")),
        (504, Postponed("attachment_http_504")),
    ],
)
async def test_what_passes_by_itself_is_tried_again_and_all_else_is_final(status: int, outcome: object) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(handler) as url:
        assert await fetch([file(f"{url}/letter.pdf")]) == outcome


async def test_a_throttled_file_is_there_later(store: str) -> None:
    wanted = [file(f"{store}/throttled/letter.pdf?{SIGNATURE}")]
    assert await fetch(wanted) == Postponed("attachment_http_503")
    assert await fetch(wanted) == Postponed("attachment_http_503")
    assert isinstance(await fetch(wanted), tuple)


async def test_a_storage_that_is_not_there_is_tried_again() -> None:
    assert await fetch([file(f"http://127.0.0.1:{closed_port()}/x")]) == Postponed("attachment_unreachable")


@pytest.mark.parametrize("sizes", [(100_000,), (50_000, 50_000), (1, 99_999, 0)])
async def test_files_may_have_as_many_bytes_as_the_limit_together(store: str, sizes: tuple[int, ...]) -> None:
    files = await fetch([file(f"{store}/{size}/x?{SIGNATURE}") for size in sizes])
    assert isinstance(files, tuple)
    assert [len(each.content) for each in files] == list(sizes)


@pytest.mark.parametrize("sizes", [(100_001,), (50_000, 50_001), (99_999, 1, 1), (999_999_999,)])
async def test_files_that_are_larger_together_are_refused(store: str, sizes: tuple[int, ...]) -> None:
    assert await fetch([file(f"{store}/{size}/x?{SIGNATURE}") for size in sizes]) == TOO_LARGE


async def test_a_large_file_is_left_before_its_first_byte_is_read() -> None:
    async def announcing(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(LIMIT + 1)})
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    async with serving(announcing) as url:
        assert await fetch([file(f"{url}/letter.pdf")]) == TOO_LARGE


async def test_a_stored_compression_is_sent_as_it_is_stored() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers["Accept-Encoding"])
        return web.Response(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})

    async with serving(handler) as url:
        files = await fetch([file(f"{url}/letter.gz")])
    assert isinstance(files, tuple)
    assert (files[0].content, seen) == (b"no gzip at all", ["identity"])


@pytest.mark.parametrize("container", ["slow", "hang"])
@pytest.mark.parametrize("limits", [{"time_limit": 0.3}, {"within": 0.3}])
async def test_a_file_that_takes_too_long_is_tried_again(store: str, container: str, limits: dict[str, float]) -> None:
    outcome = await fetch([file(f"{store}/{container}/x?{SIGNATURE}")], **limits)
    assert outcome == Postponed("attachment_timeout")


async def test_no_time_left_is_tried_again(store: str) -> None:
    assert await fetch([file(f"{store}/out/x?{SIGNATURE}")], within=0) == Postponed("attachment_timeout")


async def test_the_first_file_that_fails_ends_the_others(store: str) -> None:
    wanted = [file(f"{store}/{container}/x?{SIGNATURE}") for container in ("hang", "missing", "slow")]
    assert await fetch(wanted, time_limit=3600, within=3600) == invalid("http_404")


class Crowd:
    """A storage that answers when a test lets it, and counts how many wait."""

    def __init__(self) -> None:
        self.waiting = self.most = self.answered = 0
        self.open = asyncio.Event()

    async def handler(self, _: web.Request) -> web.Response:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await self.open.wait()
        self.waiting -= 1
        self.answered += 1
        return web.Response(body=b"x")

    async def full(self) -> None:
        async with asyncio.timeout(20):
            while self.waiting < DOWNLOADS_AT_ONCE:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.005)


async def test_five_files_are_fetched_at_once_whoever_they_are_for() -> None:
    crowd = Crowd()
    async with serving(crowd.handler) as url, attachments() as source:
        emails = [asyncio.create_task(source.fetch([file(f"{url}/{number}")] * 4, within=20)) for number in range(4)]
        await crowd.full()
        await asyncio.sleep(0.1)
        assert crowd.waiting == DOWNLOADS_AT_ONCE
        crowd.open.set()
        assert all(isinstance(each, tuple) for each in await asyncio.gather(*emails))
    assert (crowd.most, crowd.answered) == (DOWNLOADS_AT_ONCE, 16)


async def test_waiting_for_a_download_counts_as_time_taken() -> None:
    crowd = Crowd()
    async with serving(crowd.handler) as url, attachments() as source:
        first = asyncio.create_task(source.fetch([file(f"{url}/x")] * DOWNLOADS_AT_ONCE, within=20))
        await crowd.full()
        assert await source.fetch([file(f"{url}/y")], within=0.1) == Postponed("attachment_timeout")
        crowd.open.set()
        assert isinstance(await first, tuple)
        assert isinstance(await source.fetch([file(f"{url}/y")], within=20), tuple)


class Names:
    """A resolver that gives every host the same addresses, and remembers what it was asked."""

    def __init__(self, *addresses: str) -> None:
        self._addresses: list[Address] = [ip_address(address) for address in addresses]
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[Address]:
        self.asked.append(host)
        return self._addresses


def internet(names: Names, allowed: frozenset[str] = frozenset()) -> GuardedTransport:
    """The open Internet as far as a test needs it: whatever is called there answers its own address."""

    def answer(request: httpx.Request) -> httpx.Response:
        called = f"{request.url.scheme} {request.url.host} {request.extensions['sni_hostname']}"
        return httpx.Response(200, stream=httpx.ByteStream(called.encode()))

    return GuardedTransport(allowed, transport=httpx.MockTransport(answer), resolve=names)


async def called(address: str, names: Names, allowed: frozenset[str] = frozenset()) -> Fetched:
    async with attachments(internet(names, allowed)) as source:
        return await source.fetch([file(address)], within=5)


@pytest.mark.parametrize(
    "host", ["files.blob.core.windows.net", "FILES.Blob.Core.Windows.NET", "a.z1.blob.core.windows.net"]
)
async def test_blob_storage_is_called_over_https(host: str) -> None:
    files = await called(f"https://{host}/out/x?{SIGNATURE}", Names("20.60.1.1"))
    assert isinstance(files, tuple)
    assert files[0].content.decode() == f"https 20.60.1.1 {host.lower()}"


@pytest.mark.parametrize(
    "address",
    [
        "http://files.blob.core.windows.net/out/x",
        "https://files.example.com/out/x",
        "https://blob.core.windows.net.example.com/out/x",
        "https://filesblob.core.windows.net/out/x",
        "https://blob.core.windows.net/out/x",
        "https://files.blob.core.windows.net./out/x",
        "https://files.blob.core.windows.net@example.com/out/x",
        "https://example.com#.blob.core.windows.net",
        "https://example.com\\.blob.core.windows.net/x",
        "https://20.60.1.1/out/x",
        "ftp://files.blob.core.windows.net/out/x",
        "file:///etc/passwd",
        "//files.blob.core.windows.net/out/x",
        "out/x",
        "",
        "https://",
        "https://[::1",
        "\ud800",
        "https://files\ud800.blob.core.windows.net/x",
        "https://.blob.core.windows.net/x",
    ],
)
async def test_any_other_address_is_refused_before_its_name_is_looked_up(address: str) -> None:
    names = Names("20.60.1.1")
    assert await called(f"{address}?{SIGNATURE}" if "?" not in address else address, names) == invalid("address")
    assert names.asked == []


async def test_blob_storage_that_leads_into_a_private_network_is_not_called(store: str) -> None:
    port = httpx.URL(store).port
    transport = GuardedTransport(resolve=Names("127.0.0.1"))
    async with calling(store) as paths, attachments(transport) as source:
        outcome = await source.fetch([file(f"{AZURE}:{port}/out/x?{SIGNATURE}")], within=5)
    assert (outcome, paths) == (invalid("address_not_public"), [])


async def test_a_port_that_does_not_exist_is_final() -> None:
    assert await called(f"{AZURE}:70000/x?{SIGNATURE}", Names("20.60.1.1")) == invalid("port")


async def test_a_name_that_is_not_found_is_tried_again() -> None:
    assert await called(f"{AZURE}/out/x?{SIGNATURE}", Names()) == Postponed("attachment_unknown_host")


@pytest.mark.parametrize("allowed", ["files.test", "files.test:8080"])
async def test_an_allowed_host_is_called_over_http_wherever_it_leads(allowed: str) -> None:
    names = Names("10.0.0.1")
    assert isinstance(await called("http://files.test:8080/x", names, frozenset({allowed})), tuple)
    assert await called("http://other.test:8080/x", names, frozenset({allowed})) == invalid("address")


async def test_an_address_is_called_as_it_was_written_but_for_name_and_password() -> None:
    seen: list[tuple[str, bool]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.raw_path, "Authorization" in request.headers))
        return web.Response(body=b"x")

    path = f"/out/Vedtak%20%C3%A6%2Fb.pdf?sv=2024-11-04&st=2026-08-10T07%3A00%3A00Z&rscd=a+b&{SIGNATURE}"
    async with serving(handler) as url:
        await fetch([file(url.replace("http://", "http://name:password@") + path + "#fragment")])
    assert seen == [(path, False)]


@pytest.mark.parametrize("container", ["out", "missing", "error", "reset", "broken", "hang", "redirect", "endless"])
async def test_no_part_of_an_address_is_logged_or_shown(
    store: str, container: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    outcome = await fetch([file(f"{store}/{container}/private-name.pdf?{SIGNATURE}")], time_limit=0.5)
    for secret in ("private-name", "secret", "sig="):
        assert secret not in f"{caplog.text} {outcome!r}"


async def test_a_refused_address_is_not_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outcome = await called(f"https://secret.example.com/?{SIGNATURE}", Names("20.60.1.1"))
    assert "secret" not in f"{caplog.text} {outcome!r}"


@settings(deadline=None, max_examples=300)
@given(
    st.text()
    | st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "HTTPS", ""]), st.text(), st.text())
    | st.builds("https://{}.blob.core.windows.net{}".format, st.text(), st.text())
)
def test_whatever_stands_for_an_address_has_an_outcome(address: str) -> None:
    names = Names("20.60.1.1")
    outcome = asyncio.run(called(address, names))
    if not isinstance(outcome, tuple):
        assert outcome in (invalid("address"), invalid("port"))
    assert all(host.endswith(".blob.core.windows.net") for host in names.asked)
