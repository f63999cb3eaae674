"""Of every kind of row docs/data-protection.md says when it goes; nothing else is stored, and it happens as it says."""

import re
import zlib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from string import ascii_letters

from notifications.domain.contacts import ContactPoints
from notifications.domain.order import EmailTemplate, Recipient
from notifications.stages.sweep import EARLY_REPORTS_KEPT
from notifications.storage.table import Row, Value
from tests.builders import NOW, PACE, email_content, many, sms_content
from tests.stages.fakes import FlakyTable
from tests.stages.world import World, email_report, sms_report

DAY = timedelta(days=1)
DOCUMENT = (Path(__file__).parents[2] / "docs" / "data-protection.md").read_text("utf-8")
PERSON = Recipient(national_identity_number="00000000001")


def documented() -> dict[str, str]:
    """When each kind of row goes."""
    rows = DOCUMENT.split("<!-- retention -->\n", 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+?) \| .+ \|$", rows, re.MULTILINE))


def order_row(partition: str, row: Row) -> str:
    first, *rest = row.key.split("|")
    if partition == "meta":
        return "meta"
    if first != "o":
        return {"1": "fact", "2": "wake-up"}[first]
    return {1: "order", 2: "shipment"}.get(len(rest)) or {"p": "content", "n": "notifications"}[rest[2]]


def feed_row(partition: str, row: Row) -> str:
    if partition == "creators|":
        return "creator"
    return {"head": "head", "e": "entry", "m": "marker", "t": "totals"}[row.key.partition("|")[0]]


def reference_row(partition: str, row: Row) -> str:
    if partition.startswith("early|"):
        return "note"
    return "reference" if row.properties["id"] else "early report"


def index_row(partition: str, _: Row) -> str:
    kinds = {"s": "reference", "d": "dialog", "t": "transmission", "r": "recipient", "l": "day"}
    return kinds[partition.partition("|")[0]]


def kinds(world: World) -> set[str]:
    """The kinds of rows that are stored."""
    tables = {
        "orders": (world.orders, order_row),
        "feed": (world.feeds, feed_row),
        "refs": (world.refs, reference_row),
        "gates": (world.gate_rows, lambda *_: "gate"),
        "index": (world.index_rows, index_row),
        "reports": (world.dead, lambda *_: "dead report"),
    }
    return {f"{name}: {kind(*each)}" for name, (table, kind) in tables.items() for each in rows(table)}


def rows(table: FlakyTable) -> list[tuple[str, Row]]:
    return [(name, row) for name, partition in table._partitions.items() for row in partition.rows.values()]


async def everything(world: World) -> None:
    """Have a row of every kind at once."""
    await world.store.prepare()
    await world.gates.close("resting", NOW + DAY)
    world.directory.known[PERSON] = ContactPoints(emails=("kari@example.com",))
    body = "".join(Random(1).choices(ascii_letters, k=600_000))
    await world.order(email_content(email=EmailTemplate(subject="Long", body=body)), idempotency_id="content")
    await world.order(email_content(recipients=many(600)), idempotency_id="notifications")
    dialog = {"dialog_id": "d1al0g", "transmission_id": "tr4nsm1ss10n", "fingerprint": "f1ng3rpr1nt"}
    await world.order(email_content(recipients=(PERSON,), senders_reference="m1ne"), idempotency_id="dialog", **dialog)
    await world.order(sms_content(), idempotency_id="sms")
    await world.run(30)
    told = [(message.notification_id, "Delivered") for message in world.email.calls]
    await world.report.email(email_report(*told[:-1], at=world.clock.now()))
    await world.report.sms(sms_report(("REF-000001", "DELIVRD")))
    await world.run(30)
    await world.report.email(email_report(told[-1], at=world.clock.now()))
    await world.report.sms(sms_report(("REF-unknown", "DELIVRD")))
    await world.report.email(b'{"recipient": "kari@example.com"}')


async def test_every_kind_of_row_is_documented_and_stays_just_as_long_as_that_says() -> None:
    world = World()
    await everything(world)
    assert kinds(world) == documented().keys()
    await retained(world)
    assert kinds(world) == {kind for kind, goes in documented().items() if goes.startswith("stays")}
    assert PACE.retention > EARLY_REPORTS_KEPT


async def test_what_stays_says_nothing_of_anybody() -> None:
    world = World()
    await everything(world)
    said = ("kari", "00000000001", "4799999999", "m1ne", "d1al0g", "tr4nsm1ss10n", "f1ng3rpr1nt", "Long")
    assert all(each in told(world) for each in said)
    await retained(world)
    assert not [each for each in said if each in told(world)]


async def retained(world: World) -> None:
    """Let the retention of everything end, with a sweep when it began, one a week later and one at its end."""
    await world.stages.sweep()
    await world.run_to(NOW + EARLY_REPORTS_KEPT + DAY)
    await world.stages.sweep()
    await world.run_to(NOW + EARLY_REPORTS_KEPT + PACE.retention + 4 * DAY)
    world.clock.forward(DAY)
    await world.stages.sweep()


def told(world: World) -> str:
    """All that is stored, readable."""
    tables = (world.orders, world.feeds, world.refs, world.gate_rows, world.index_rows, world.dead)
    return "\n".join(
        f"{name} {row.key} {[readable(value) for value in row.properties.values()]}"
        for table in tables
        for name, row in rows(table)
    )


def readable(value: Value) -> str:
    if isinstance(value, bytes):
        # What is longer than a property is cut anywhere: its beginning can be read.
        with suppress(zlib.error):
            return zlib.decompressobj().decompress(value).decode("utf-8", "replace")
    return str(value)
