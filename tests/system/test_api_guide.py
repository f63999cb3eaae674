"""The guide for callers, walked from top to bottom: what it prints is what is really answered (docs/api.md)."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from tests.system.expect import API, ORDERS
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "api-guide-reader"
GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(.*?)\n```$", GUIDE, re.DOTALL | re.MULTILINE)
PRINTED = ("HTTP/1.1", "{", "[")
# No command of the guide makes that one.
PROBLEM = next(block for block in BLOCKS if '"errors"' in block)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MADE_ANEW = {
    "id": ID,
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z"),
    "trace": re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    "address": re.compile(r"http://127\.0\.0\.1:\d+"),
}
INVALID = {
    "idempotencyId": "",
    "requestedSendTime": "2020-01-01T00:00:00",
    "recipient": {"recipientSms": {"phoneNumber": "99999999", "smsSettings": {"body": ""}}},
}


def alike(text: str) -> str:
    """A text without what is made anew each time."""
    for name, pattern in MADE_ANEW.items():
        text = pattern.sub(f"<{name}>", text)
    return text


async def run(http: httpx.AsyncClient, command: str, shipment: str) -> tuple[httpx.Response, str]:
    """What a curl command of the guide is answered, and what curl prints of it; ids become that of a shipment."""
    options, address, *rest = shlex.split(command)[1:]
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    path = ID.sub(shipment, address.replace("$U", API))
    assert path.startswith(API)
    body, headers = given.get("-d"), {"Content-Type": "application/json"} if "-d" in given else {}
    answer = await http.request("POST" if body else "GET", path, content=body, headers=headers)
    shown = [f"{name}: {answer.headers[name]}" for name in ("Content-Type", "Location") if name in answer.headers]
    head = "\n".join([f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}", *shown, "", ""])
    return answer, (head if "i" in options else "") + answer.text


async def test_every_command_prints_what_the_guide_prints(system: System) -> None:
    shipment, printed, compared = "", "", 0
    async with system.client(OWNER) as http:
        for block in BLOCKS:
            if block.startswith("curl"):
                answer, printed = await run(http, block, shipment)
                assert answer.is_success, answer.text
                if answer.status_code == 201:
                    shipment = answer.json()["notification"]["shipmentId"]
                    await published(system, [shipment], OWNER)
            elif block.startswith(PRINTED) and block != PROBLEM:
                assert alike(printed) == alike(block)
                compared += 1
    assert compared == 3


async def test_what_is_wrong_with_a_request_is_told_as_the_guide_prints_it(system: System) -> None:
    async with system.client(OWNER) as http:
        answer = await http.post(ORDERS, json=INVALID)
    assert alike(answer.text) == alike(PROBLEM)
