"""docs/capacity.md calculates right, from figures that were measured and settings that are set."""

import json
import re
from decimal import Decimal

import pytest

from notifications.domain.ids import BUCKETS
from notifications.domain.record import WorkQueue
from notifications.settings import Settings
from notifications.triggers.timers import EVERY_QUARTER, EVERY_SECOND
from tests.infra.bicep import ROOT, read

DOCUMENT = (ROOT / "docs" / "capacity.md").read_text("utf-8")
MEASURED = (ROOT / "docs" / "performance.md").read_text("utf-8")
MONTH = 730 * 3600
MILLION = 1_000_000
CENT = Decimal("0.01")


def table(name: str) -> list[list[str]]:
    """The cells of the table behind a mark, without its heading."""
    lines = DOCUMENT.split(f"<!-- {name} -->\n", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def named(name: str) -> dict[str, list[str]]:
    """The cells of each line by what it is called in backticks."""
    return {first.strip("`"): rest for first, *rest in table(name) if first.startswith("`")}


def test_the_rates_of_an_account_follow_from_its_limit_and_the_calls() -> None:
    for what, calls, *rates in table("rates"):
        assert [number(rate) for rate in rates] == [int(limit / number(calls)) for limit in (20_000, 40_000)], what


def test_the_calls_are_those_that_were_measured() -> None:
    calls = [calls for _, calls, *_ in table("rates")]
    assert [
        each for each in calls[:4] if not re.search(rf"(?<![\d.]){re.escape(each)} (an order|storage calls)", MEASURED)
    ] == []


def test_the_calls_of_tables_and_queues_are_together_those_that_were_measured() -> None:
    usage = named("usage")
    sums = [number(usage["table"][at]) + number(usage["queue"][at]) for at in range(3)]
    at_once, sms, now = (number(calls) for _, calls, *_ in table("rates")[:3])
    assert [sums[1], sums[2]] == pytest.approx([at_once, sms], abs=CENT)
    assert sums[0] == pytest.approx(now, abs=Decimal("0.05"))


def test_a_million_costs_what_usage_and_prices_make() -> None:
    usage, prices, costs = named("usage"), named("prices"), named("million")
    assert usage.keys() == prices.keys() == costs.keys()
    for name, shown in costs.items():
        price, unit, *_ = prices[name]
        expected = [MILLION * number(each) * number(price) / number(unit) for each in usage[name][:4]]
        assert [number(each) for each in shown] == [each.quantize(CENT) for each in expected], name


def test_a_million_costs_together_what_its_lines_say() -> None:
    *lines, (last, *together) = table("million")
    assert last == "together"
    assert [number(each) for each in together] == [sum(number(line[at]) for line in lines) for at in range(1, 5)]


def test_the_rows_logged_follow_from_the_executions() -> None:
    usage = named("usage")
    events = [4, 4, 4, 2]
    traces = [Decimal("0.5"), Decimal("0.5"), Decimal("0.5"), Decimal("0.2")]
    rows = [
        3 * number(each) + own + traced
        for each, own, traced in zip(usage["execution"][:4], events, traces, strict=True)
    ]
    assert [number(each) for each in usage["log"][:4]] == [row.quantize(Decimal("0.1")) for row in rows]
    assert Settings.model_fields["traced_share"].default == 0.1


def test_an_idle_month_costs_what_the_timers_and_the_polls_make() -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]
    assert (EVERY_SECOND, EVERY_QUARTER) == ("* * * * * *", "*/15 * * * * *")
    assert host["maxPollingInterval"] == "00:00:00.500"
    query, poll = (number(named("prices")[name][0]) / 10_000 for name in ("table", "queue"))
    costs = [BUCKETS * MONTH * query, BUCKETS * MONTH * query / 15, len(WorkQueue) * 2 * MONTH * poll]
    rounded = [cost.quantize(CENT) for cost in costs]
    assert [number(cells[-1]) for cells in table("idle")] == [*rounded, sum(rounded)]


def test_what_an_instance_takes_at_once_is_what_is_set() -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]
    assert f"`batchSize` {host['batchSize']} + `newBatchThreshold` {host['newBatchThreshold']}" in DOCUMENT
    fields = {field.alias: field for field in Settings.model_fields.values()}
    emails, texts = fields["EMAIL_CONCURRENT_CALLS"].default, fields["SMS_CONCURRENT_CALLS"].default
    assert f"{emails} emails or {texts} SMS at a time" in DOCUMENT
    assert f"{5 * emails} emails/s, {5 * texts} SMS/s" in DOCUMENT
    assert f"{fields['CONCURRENT_ORDERS'].default} at once (`CONCURRENT_ORDERS`)" in DOCUMENT
    assert (
        f"`maximumInstanceCount` of `main.bicep` ({read('main.bicep').parameters['maximumInstanceCount'].default})"
        in DOCUMENT
    )
