"""An email's attachments, fetched from Azure Blob Storage by the shared access signatures that the order gave.

The address is the caller's, so it is held to a few hosts, to a size and to a time. Its signature opens the file to
whoever reads it: no outcome, exception or log entry holds any part of an address, and the transport is called without
a client above it, which would log every address and follow redirects.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from notifications.channels.protocol import AttachedFile
from notifications.domain.order import Attachment
from notifications.domain.outcomes import Postponed, Refused
from notifications.domain.statuses import Status
from notifications.outbound.guard import GuardedTransport, RefusedAddressError

DOWNLOADS_AT_ONCE = 5
TIME_LIMIT = 30.0

_BLOB_STORAGE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.blob\.core\.windows\.net")
_OK, _REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 200, 408, 429


class _NotFetchedError(Exception):
    """Why a file is not there, as what becomes of its email."""

    def __init__(self, outcome: Refused | Postponed) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(slots=True)
class _Allowance:
    """How many bytes the files of one email may still bring."""

    left: int

    def check(self, size: int) -> None:
        if size > self.left:
            raise _NotFetchedError(Refused(Status.PAYLOAD_TOO_LARGE, "attachments_too_large"))

    def take(self, size: int) -> None:
        self.check(size)
        self.left -= size


class BlobAttachments:
    """Fetches files over HTTPS from Azure's blob storage, and in any way from the hosts that its transport allows.

    All who share it have five downloads at once; `limit` is the most bytes that the files of one email may have, and
    `time_limit` the seconds that fetching them may take, waiting included.
    """

    def __init__(self, transport: GuardedTransport, *, limit: int, time_limit: float = TIME_LIMIT) -> None:
        self._transport = transport
        self._limit = limit
        self._time_limit = time_limit
        self._downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)

    async def fetch(
        self, attachments: Sequence[Attachment], *, within: float
    ) -> tuple[AttachedFile, ...] | Refused | Postponed:
        """All files in their order, within so many seconds, or what becomes of the email; never raises for a file.

        The first file that fails ends the others: without it the email is not sent.
        """
        allowance = _Allowance(self._limit)
        try:
            async with asyncio.timeout(min(within, self._time_limit)), asyncio.TaskGroup() as group:
                files = [group.create_task(self._file(each, allowance)) for each in attachments]
        except TimeoutError:
            return Postponed("attachment_timeout")
        except ExceptionGroup as failures:
            return _first(failures)
        return tuple(file.result() for file in files)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def _file(self, attachment: Attachment, allowance: _Allowance) -> AttachedFile:
        request = self._request(attachment.sas_url)
        async with self._downloads:
            content = await self._content(request, allowance)
        return AttachedFile(name=attachment.filename, mime_type=attachment.mime_type, content=content)

    def _request(self, address: str) -> httpx.Request:
        try:
            # A name and password in an address would become an Authorization header.
            url = httpx.URL(address).copy_with(userinfo=b"", fragment=None)
        except (httpx.InvalidURL, UnicodeError):
            url = httpx.URL()
        if not self._may_be_fetched(url):
            raise _NotFetchedError(Refused(Status.INVALID_SAS_URL, "attachment_address"))
        timeouts = {"connect": self._time_limit / 3}
        # Compressed on the way it could grow without bound; a file that is stored compressed is sent as it is stored.
        return httpx.Request("GET", url, headers={"Accept-Encoding": "identity"}, extensions={"timeout": timeouts})

    def _may_be_fetched(self, url: httpx.URL) -> bool:
        if self._transport.allows(url):
            return True
        return url.scheme == "https" and _BLOB_STORAGE.fullmatch(url.raw_host.decode("ascii").lower()) is not None

    async def _content(self, request: httpx.Request, allowance: _Allowance) -> bytes:
        outcome: Refused | Postponed
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return await _body(response, allowance)
            finally:
                await response.aclose()
        except RefusedAddressError as error:
            outcome = _by_guard(str(error))
        except httpx.TimeoutException:
            outcome = Postponed("attachment_timeout")
        except (httpx.HTTPError, OSError):
            outcome = Postponed("attachment_unreachable")
        raise _NotFetchedError(outcome)


async def _body(response: httpx.Response, allowance: _Allowance) -> bytes:
    if response.status_code != _OK:
        raise _NotFetchedError(_by_status(response.status_code))
    announced = response.headers.get("content-length", "")
    if announced.isdecimal():
        allowance.check(int(announced))
    body = bytearray()
    async for chunk in response.aiter_raw():
        allowance.take(len(chunk))
        body += chunk
    return bytes(body)


def _by_status(status: int) -> Refused | Postponed:
    """What passes by itself is tried again; all else, redirects too, is final (engine.md section 6.5)."""
    reason = f"attachment_http_{status}"
    if status >= 500 or status in {_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS}:
        return Postponed(reason)
    return Refused(Status.INVALID_SAS_URL, reason)


def _by_guard(code: str) -> Refused | Postponed:
    # A name server that is out of reach and a name that does not exist cannot be told apart.
    if code == "unknown_host":
        return Postponed("attachment_unknown_host")
    return Refused(Status.INVALID_SAS_URL, f"attachment_{code}")


def _first(failures: ExceptionGroup[Exception]) -> Refused | Postponed:
    """What the first file that failed says of its email; a mistake of ours is raised as what it is."""
    for failure in failures.exceptions:
        if not isinstance(failure, _NotFetchedError):
            raise failure from None
    return next(each.outcome for each in failures.exceptions if isinstance(each, _NotFetchedError))
