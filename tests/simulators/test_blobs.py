"""The blob storage simulator: files by signature, and every container that fails on purpose."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from local.simulators.blobs.containers import CONTAINERS
from local.simulators.blobs.service import Options, blobs, content
from local.simulators.serving import listening

LATER = datetime.now(UTC) + timedelta(hours=1)


def signature(**changes: str | None) -> dict[str, str]:
    """The parameters of a signature that opens a file for reading; None leaves one out."""
    values: dict[str, str | None] = {
        "sv": "2024-11-04",
        "se": f"{LATER:%Y-%m-%dT%H:%M:%SZ}",
        "sr": "b",
        "sp": "r",
        "sig": "abc+/=",
    }
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


@pytest.fixture
async def store() -> AsyncIterator[httpx.AsyncClient]:
    async with (
        listening(blobs(Options(slow=0.01)), 0) as base,
        httpx.AsyncClient(base_url=base, timeout=20) as client,
    ):
        yield client


async def read(store: httpx.AsyncClient, path: str, **changes: str | None) -> httpx.Response:
    return await store.get(path, params=signature(**changes))


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/out/letter.pdf", 1000),
        ("/out", 1000),
        ("/0/empty.txt", 0),
        ("/1/one.txt", 1),
        ("/200000/large.pdf", 200_000),
        ("/slow/letter.pdf", 1000),
        ("/1234567890/not-a-size.txt", 1000),
    ],
)
async def test_a_file_has_as_many_bytes_as_its_container_is_named_by(
    store: httpx.AsyncClient, path: str, size: int
) -> None:
    answer = await read(store, path)
    assert (answer.status_code, answer.content) == (200, content(0, size))
    assert answer.headers["content-length"] == str(size)


def test_a_file_is_the_same_in_pieces_as_whole() -> None:
    assert content(0, 70_000) + content(70_000, 150_000) == content(0, 150_000)


@pytest.mark.parametrize("name", ["sig", "se", "sp", "sr"])
@pytest.mark.parametrize("value", [None, "", " "])
async def test_a_signature_without_a_mandatory_part_is_answered_403(
    store: httpx.AsyncClient, name: str, value: str | None
) -> None:
    answer = await store.get("/out/letter.pdf", params=signature(**{name: value}))
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


@pytest.mark.parametrize(
    "changes",
    [
        {"se": "2020-01-01T00:00:00Z"},
        {"se": "2020-01-01"},
        {"st": "2120-01-01T00:00:00Z"},
        {"se": "soon"},
        {"sr": "x"},
    ],
)
async def test_a_signature_that_does_not_hold_now_is_answered_403_as_azure_does(
    store: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    answer = await read(store, "/out/letter.pdf", **changes)
    error = fromstring(answer.content)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
    assert (error.tag, error.findtext("Code")) == ("Error", "AuthenticationFailed")
    assert error.findtext("AuthenticationErrorDetail")


async def test_a_signature_that_only_writes_is_answered_403(store: httpx.AsyncClient) -> None:
    answer = await read(store, "/out/letter.pdf", sp="w")
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthorizationPermissionMismatch")


@pytest.mark.parametrize(
    ("container", "status", "code"),
    [
        ("missing", 404, "BlobNotFound"),
        ("archived", 409, "BlobArchived"),
        ("error", 500, "InternalError"),
        ("busy", 503, "ServerBusy"),
    ],
)
async def test_a_container_fails_every_call_as_it_is_named(
    store: httpx.AsyncClient, container: str, status: int, code: str
) -> None:
    for _ in range(3):
        answer = await read(store, f"/{container}/letter.pdf")
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
        assert fromstring(answer.content).findtext("Code") == code


async def test_a_throttled_file_is_there_at_the_third_call_of_its_path(store: httpx.AsyncClient) -> None:
    answers = [(await read(store, "/throttled+a/letter.pdf")).status_code for _ in range(3)]
    other = (await read(store, "/throttled+b/letter.pdf")).status_code
    assert (answers, other) == ([503, 503, 200], 503)


@pytest.mark.parametrize("container", ["reset", "broken"])
async def test_a_connection_is_closed_before_or_within_a_file(store: httpx.AsyncClient, container: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await read(store, f"/{container}/letter.pdf")


async def test_a_call_that_hangs_is_never_answered(store: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await store.get("/hang/letter.pdf", params=signature(), timeout=0.2)


async def test_an_endless_file_goes_on_without_a_stated_length(store: httpx.AsyncClient) -> None:
    received = 0
    async with store.stream("GET", "/endless/letter.pdf", params=signature()) as answer:
        assert "content-length" not in answer.headers
        async for chunk in answer.aiter_raw():
            received += len(chunk)
            if received > 500_000:
                break
    assert received > 500_000


async def test_a_redirect_leads_to_an_ordinary_file(store: httpx.AsyncClient) -> None:
    answer = await read(store, "/redirect/letter.pdf")
    assert answer.status_code == 302
    assert (await store.get(answer.headers["location"])).status_code == 200


async def test_the_journal_says_which_file_was_read_and_no_signature(store: httpx.AsyncClient) -> None:
    await read(store, "/out/letter.pdf")
    await read(store, "/missing/letter.pdf")
    await read(store, "/out/letter.pdf", sig=None)
    entries = (await store.get("/_calls")).json()
    assert [(entry["reference"], entry["answer"]) for entry in entries] == [
        ("/out/letter.pdf", 200),
        ("/missing/letter.pdf", 404),
        ("/out/letter.pdf", 403),
    ]
    assert "abc" not in str(entries)


def test_no_special_container_is_named_like_a_size() -> None:
    assert not any(name.isdecimal() for name in CONTAINERS)
