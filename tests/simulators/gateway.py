"""A client of the SMS gateway, and what it sends and gets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from xml.etree.ElementTree import Element

import httpx
from defusedxml.ElementTree import fromstring

from local.simulators.pswin.recipients import number
from local.simulators.pswin.service import Options, pswin
from local.simulators.serving import listening
from tests.simulators.receiver import Receiver

ORDINARY = "4799999999"


def msg(receiver: str, *, text: str = "Hello", extra: str = "<RCPREQ>Y</RCPREQ>", number: str = "<ID>1</ID>") -> str:
    return f"<MSG>{number}<TEXT>{text}</TEXT><RCV>{receiver}</RCV><SND>Altinn</SND><TTL>2880</TTL>{extra}</MSG>"


def session(*messages: str, client: str = "user", password: str = "secret", head: str = '<?xml version="1.0"?>') -> str:
    return f"{head}<SESSION><CLIENT>{client}</CLIENT><PW>{password}</PW><MSGLST>{''.join(messages)}</MSGLST></SESSION>"


def special(code: str) -> str:
    return number(code).removeprefix("+")


class Gateway:
    """Calls to one simulator."""

    def __init__(self, base: str, http: httpx.AsyncClient) -> None:
        self.base = base
        self.http = http

    async def post(self, document: str | bytes) -> httpx.Response:
        content = document.encode() if isinstance(document, str) else document
        return await self.http.post(self.base, content=content, headers={"Content-Type": "application/xml"})

    async def submit(self, receiver: str, **message: str) -> Element:
        """Submit one message and return its MSG of the answer."""
        answer = fromstring((await self.post(session(msg(receiver, **message)))).content)
        assert answer.findtext("LOGON") == "OK"
        results: list[Element] = answer.findall("MSGLST/MSG")
        assert len(results) == 1
        return results[0]

    async def calls(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (await self.http.get(f"{self.base}/_calls")).json()
        return entries


@asynccontextmanager
async def simulated(report_url: str | None = None, **options: Any) -> AsyncIterator[Gateway]:
    settings = Options(
        **{
            "username": "user",
            "password": "secret",
            "report_url": report_url,
            "report_username": "reporter",
            "report_password": "pass:word",
            "report_delay": 0,
            **options,
        }
    )
    async with listening(pswin(settings), 0) as base, httpx.AsyncClient(timeout=20) as http:
        yield Gateway(base, http)


async def states(receiver: Receiver, count: int) -> list[tuple[str | None, str | None]]:
    """Wait for this many reports and return (REF, STATE) of each."""
    reports = [fromstring((await receiver.next()).body) for _ in range(count)]
    return [(report.findtext("MSG/REF"), report.findtext("MSG/STATE")) for report in reports]


async def settled(gateway: Gateway, receiver: Receiver) -> None:
    """Let one more, ordinary message be reported: nothing that was due before it may come after it."""
    result = await gateway.submit(ORDINARY)
    assert await states(receiver, 1) == [(result.findtext("REF"), "DELIVRD")]
