"""Figures of the running system: the month's page with what was sent, and yesterday's export as Parquet."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx
import pytest
from arro3.io import read_parquet

from notifications.contract.metrics.export import COLUMNS
from notifications.domain.statuses import Channel
from tests.system.expect import API, assert_problem
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "metrics-<owner>"
METRICS = f"{API}/metrics"


def client(system: System, *, key: bool = True) -> httpx.AsyncClient:
    headers = {"X-API-Key": system.secret("METRICS_API_KEY")} if key else {}
    return httpx.AsyncClient(base_url=system.url, headers=headers, trust_env=False, verify=False, timeout=30)


def this_month() -> dict[str, int]:
    now = datetime.now(UTC)
    return {"month": now.month, "year": now.year}


async def test_the_months_page_shows_an_owner_with_what_it_sent(system: System) -> None:
    month = this_month()
    recipients = [email_recipient(), email_recipient("bounced@example.com"), sms_recipient("+4799990806")]
    placed = [await system.order(order(each), OWNER) for each in recipients]
    shipments = [each["notification"]["shipmentId"] for each in placed]
    await system.until_final(shipments, OWNER)
    await published(system, shipments, OWNER)
    async with client(system) as http:
        page = (await http.post(METRICS, data=month)).text
    row = re.search(r'<th scope="row">metrics-&lt;owner&gt;</th>(.*?)</tr>', page)
    assert row
    cells = re.findall(r"<td>(.*?)</td>", row[1])
    # Orders; emails and those that arrived; SMS, those that arrived, and their segments; then how the promise was kept.
    assert cells[:6] == ["3", "2", "1", "1", "0", "1"]
    assert all(re.fullmatch(r"\d+\.\d %", each) for each in cells[6:])


@pytest.mark.parametrize("channel", list(Channel))
async def test_yesterdays_export_is_a_parquet_file_with_the_contracts_columns_and_headers(
    system: System, channel: Channel
) -> None:
    days = {f"{datetime.now(UTC) - timedelta(days=1):%Y%m%d}"}
    async with client(system) as http:
        answer = await http.post(f"{METRICS}/{channel}")
    days.add(f"{datetime.now(UTC) - timedelta(days=1):%Y%m%d}")
    table = read_parquet(BytesIO(answer.content))
    assert table.schema.names == [column.name for column in COLUMNS[channel]]
    headers = answer.headers
    assert headers["content-disposition"] in {
        f"attachment; filename={day}_{channel}_notifications_local.parquet" for day in days
    }
    assert headers["x-file-hash"] == base64.b64encode(hashlib.md5(answer.content).digest()).decode()
    assert headers["x-file-size"] == headers["content-length"] == str(len(answer.content))
    assert headers["x-total-filetransfer-count"] == str(table.read_all().num_rows)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", headers["x-generated-at"])
    assert headers["x-environment"] == "local"


async def test_the_export_wants_the_key_and_says_so_as_the_reference_does(system: System) -> None:
    async with client(system, key=False) as http:
        for given, text in (
            ({}, "API key required for Metrics endpoints"),
            ({"X-API-Key": ""}, "API key cannot be empty"),
            ({"X-API-Key": "wrong"}, "Invalid API key"),
        ):
            answer = await http.post(f"{METRICS}/sms", headers=given)
            assert (answer.status_code, answer.json()["error"]) == (401, text)


async def test_the_page_is_opened_by_a_browsers_password(system: System) -> None:
    async with client(system, key=False) as http:
        answer = await http.get(METRICS)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (
            401,
            'Basic realm="metrics", charset="UTF-8"',
        )
        answer = await http.get(METRICS, auth=("operator", system.secret("METRICS_API_KEY")))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["cache-control"] == "no-store"


async def test_a_month_that_there_is_not_is_told_by_its_field(system: System) -> None:
    async with client(system) as http:
        problem = assert_problem(await http.post(METRICS, data={"month": 13, "year": 2026}), 400)
        assert list(problem["errors"]) == ["month"]
        multipart = await http.post(METRICS, files={"month": (None, "3"), "year": (None, "2026")})
    assert multipart.status_code == 200
