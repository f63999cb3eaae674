"""The feed: numbered from 1 without gaps, read from both ends, each shipment once, each creator its own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from tests.system.expect import FEED, assert_json, assert_problem
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "feed-owner"
SEVEN = [1, 2, 3, 4, 5, 6, 7]


@pytest.fixture
async def reader(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an owner whose feed has seven entries: they are made once."""
    if not await system.feed(OWNER):
        orders = [order(email_recipient() if each % 2 else sms_recipient()) for each in SEVEN]
        placed = await asyncio.gather(*(system.order(each, OWNER) for each in orders))
        shipments = [each["notification"]["shipmentId"] for each in placed]
        await system.until_final(shipments, OWNER)
        await published(system, shipments, OWNER)
    async with system.client(OWNER) as http:
        yield http


async def numbers(http: httpx.AsyncClient, **query: str | int) -> list[int]:
    """The sequence numbers of one page."""
    page = assert_json(await http.get(FEED, params=query), 200)
    return [entry["sequenceNumber"] for entry in page]


async def test_shipments_that_end_at_once_are_numbered_without_gaps_each_once(reader: httpx.AsyncClient) -> None:
    page = assert_json(await reader.get(FEED), 200)
    assert [entry["sequenceNumber"] for entry in page] == SEVEN
    assert len({entry["shipmentId"] for entry in page}) == 7
    for entry in page:
        of_recipient, of_shipment = entry["recipients"][0]["lastUpdate"], entry["lastUpdate"]
        assert datetime.fromisoformat(of_recipient) <= datetime.fromisoformat(of_shipment)


async def test_a_reader_who_takes_the_last_number_as_cursor_misses_nothing(reader: httpx.AsyncClient) -> None:
    seen: list[int] = []
    while page := await numbers(reader, seq=seen[-1] if seen else 0, pageSize=3):
        seen += page
    assert seen == SEVEN


async def test_descending_pages_begin_with_the_newest_and_end_with_the_first(reader: httpx.AsyncClient) -> None:
    seen = await numbers(reader, orderBy="Desc", pageSize=3)
    while page := await numbers(reader, orderBy="Desc", pageSize=3, seq=seen[-1]):
        seen += page
        if seen[-1] == 1:
            break
    assert seen == SEVEN[::-1]
    assert await numbers(reader, orderBy="Desc", seq=1) == []


@pytest.mark.parametrize(("asked", "got"), [(0, 1), (-5, 1), (1, 1), (6, 6), (500, 7), (501, 7), (2**31 - 1, 7)])
async def test_a_page_size_out_of_range_is_moved_into_it(reader: httpx.AsyncClient, asked: int, got: int) -> None:
    assert len(await numbers(reader, pageSize=asked)) == got


@pytest.mark.parametrize("spelling", ["desc", "DESC", "1"])
async def test_the_order_is_read_in_any_letter_case_and_as_a_number(reader: httpx.AsyncClient, spelling: str) -> None:
    assert await numbers(reader, ORDERBY=spelling, PAGESIZE=2) == [7, 6]
    assert await numbers(reader, orderBy="asc", pageSize=2) == [1, 2]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"seq": "abc"}, {"seq": ["The value 'abc' is not valid for Seq."]}),
        ({"Seq": "9223372036854775808"}, {"Seq": ["The value '9223372036854775808' is not valid for Seq."]}),
        ({"pageSize": "1.5"}, {"pageSize": ["The value '1.5' is not valid for PageSize."]}),
        ({"orderBy": "7"}, {"orderBy": ["The value '7' is invalid."]}),
    ],
)
async def test_a_query_that_cannot_be_read_is_answered_400(
    system: System, query: dict[str, str], errors: dict[str, list[str]]
) -> None:
    async with system.client() as http:
        assert assert_problem(await http.get(FEED, params=query), 400)["errors"] == errors


async def test_a_cursor_beyond_the_end_and_the_greatest_of_all_get_an_empty_page(reader: httpx.AsyncClient) -> None:
    assert await numbers(reader, seq=7) == []
    assert await numbers(reader, seq=2**63 - 1) == []
    assert await numbers(reader, seq=2**63 - 1, orderBy="desc") == SEVEN[::-1]


async def test_the_feed_of_an_owner_who_sent_nothing_is_empty(system: System) -> None:
    async with system.client("never-sent") as http:
        for order_by in ("asc", "desc"):
            assert await numbers(http, orderBy=order_by) == []


async def test_a_wrong_content_type_is_answered_415_and_json_is_fine(reader: httpx.AsyncClient) -> None:
    assert_problem(await reader.get(FEED, headers={"Content-Type": "text/plain"}), 415)
    assert_json(await reader.get(FEED, headers={"Content-Type": "application/json"}), 200)
