"""The operators' command for dead reports, as it is run: against real tables."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.data.tables.aio import TableServiceClient

from notifications.domain.clock import SystemClock
from notifications.domain.statuses import Channel, Status
from notifications.report_commands import shown
from notifications.storage.azure_table import AzureTable
from notifications.storage.dead_reports import DeadReport, DeadReportStore, Reason, Source, dead_report
from notifications.storage.orders import OrderStore
from tests.builders import fact
from tests.stages.world import email_report

pytestmark = pytest.mark.integration

TABLES = ("orders", "refs", "reports")
NOW = SystemClock().now()


@pytest.fixture
async def tables(connection: str) -> AsyncIterator[dict[str, AzureTable]]:
    """The tables by the names that the service gives them."""
    async with TableServiceClient.from_connection_string(connection) as service:
        tables = {name: AzureTable(service.get_table_client(name)) for name in TABLES}
        for table in tables.values():
            await table.prepare()
        yield tables
        for name in TABLES:
            await service.delete_table(name)


def dead(content: bytes, detail: str = "unknown_status:Exploded") -> DeadReport:
    return dead_report(Source.EVENT_GRID, Channel.EMAIL, Reason.UNRECOGNIZED, content, NOW, detail)


READABLE = dead(email_report((fact().shipment.notification(1), "Bounced")))
UNREADABLE = dead(b'\x1b[2J{"to":\n"kari@example.com"', "not_json")


@pytest.fixture
async def kept(tables: dict[str, AzureTable]) -> DeadReportStore:
    """One that can be used by now, one that never can."""
    store = DeadReportStore(tables["reports"])
    await store.put([READABLE, UNREADABLE])
    return store


def run(connection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing but the connection string."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("DataStorage", "IDENTITY"))}
    return subprocess.run(
        [sys.executable, "-m", "notifications.operations", "reports", *arguments],
        env=given | {"DataStorage": connection},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_a_list_tells_why_and_names_nobody(kept: DeadReportStore, connection: str) -> None:
    answer = run(connection, "list")
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = {line.split()[0]: line for line in answer.stdout.splitlines()}
    assert lines.keys() == {READABLE.id, UNREADABLE.id}
    assert "  event-grid  email  UNRECOGNIZED_SEND_RESULT (unknown_status:Exploded)  " in lines[READABLE.id]
    assert f"  {READABLE.size} bytes" in lines[READABLE.id]
    assert "kari" not in answer.stdout


async def test_content_is_shown_when_it_is_asked_for_and_does_nothing_to_the_terminal(
    kept: DeadReportStore, connection: str
) -> None:
    answer = run(connection, "list", "--content")
    assert '    "kari@example.com"\n' in answer.stdout
    assert "    \\x1b[2J" in answer.stdout
    assert "\x1b" not in answer.stdout


async def test_a_list_is_as_long_and_begins_when_it_is_told(kept: DeadReportStore, connection: str) -> None:
    assert len(run(connection, "list", "--limit", "1").stdout.splitlines()) == 1
    assert run(connection, "list", "--since", "2999-01-01").stdout == ""


async def test_all_are_replayed_and_those_that_were_taken_are_facts_and_gone(
    kept: DeadReportStore, tables: dict[str, AzureTable], connection: str
) -> None:
    answer = run(connection, "replay", "--all")
    assert answer.returncode == 1
    assert sorted(answer.stdout.splitlines()) == sorted(
        [f"{READABLE.id}  done", f"{UNREADABLE.id}  not taken: MALFORMED_REPORT not_json"]
    )
    assert [each.id for each in await kept.since(NOW)] == [UNREADABLE.id]
    facts = await OrderStore(tables["orders"]).facts(fact().shipment)
    assert [each.status for each in facts] == [Status.BOUNCED]


async def test_one_is_replayed_and_another_removed(kept: DeadReportStore, connection: str) -> None:
    replayed = run(connection, "replay", READABLE.id)
    assert (replayed.returncode, replayed.stdout) == (0, f"{READABLE.id}  done\n")
    removed = run(connection, "remove", UNREADABLE.id)
    assert (removed.returncode, removed.stdout) == (0, f"{UNREADABLE.id}  done\n")
    assert await kept.since(NOW) == []
    again = run(connection, "remove", UNREADABLE.id, "nonsense")
    assert (again.returncode, again.stdout) == (1, f"{UNREADABLE.id}  not there\nnonsense  not there\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("replay",),
        ("replay", "--all", "x"),
        ("remove",),
        ("list", "--since", "soon"),
        ("list", "--limit", "0"),
    ],
)
def test_what_it_does_not_understand_it_does_not_do(connection: str, arguments: tuple[str, ...]) -> None:
    answer = run(connection, *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr


def test_tables_that_are_not_there_or_not_named_are_told_of_in_a_line(connection: str) -> None:
    missing = run(connection, "list")
    told = "the tables do not answer as they should: ResourceNotFoundError\n"
    assert (missing.returncode, missing.stdout, missing.stderr) == (2, "", told)
    unnamed = run("", "list")
    assert (unnamed.returncode, unnamed.stderr) == (2, "missing or malformed: DataStorage\n")


def test_only_what_can_be_printed_is_shown_as_it_is() -> None:
    assert shown("Æ €\n{}\\".encode()) == "Æ €\n{}\\"
    assert shown(b"\x00\x1b\x9b\xff\r\t") == "\\x00\\x1b\\x9b\\xff\\r\\t"
    assert shown("\u202e\u2028\x85".encode()) == "\\u202e\\u2028\\x85"
