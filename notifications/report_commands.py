"""Dead reports by hand, for who has access to the storage: `python -m notifications.operations reports list`.

Reads `DataStorage`, or `DataStorage__tableServiceUri`, from the environment; with the latter, as whatever identity
Azure's libraries find.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import AzureError

from notifications.domain.clock import SystemClock
from notifications.domain.faults import StorageUnavailable
from notifications.stages.dead_letters import DeadLetters
from notifications.stages.dead_reports import DeadReports, NoSuchReport
from notifications.stages.report import Report
from notifications.storage.azure_table import AzureTable
from notifications.storage.dead_reports import DeadReport, DeadReportStore
from notifications.storage.orders import OrderStore
from notifications.storage.references import References
from notifications.table_access import TableAccess, access_from_environment, open_tables

DONE, LEFT, UNUSABLE = 0, 1, 2
_LIMIT = 100
_EVER = timedelta(days=3650)


def main(arguments: Sequence[str]) -> int:
    """List, replay or remove; 1 when a report was not taken or is not there, 2 when nothing could be asked."""
    asked = _parser().parse_args(arguments)
    access = access_from_environment(TableAccess)
    if access is None:
        return UNUSABLE
    try:
        return asyncio.run(_do(access, asked))
    except (StorageUnavailable, AzureError) as error:
        # Its text may quote a row.
        return _unusable(f"the tables do not answer as they should: {type(error).__name__}")


def _unusable(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notifications.operations reports",
        description="Delivery reports that could not be used.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="list | replay | remove")
    listed = commands.add_parser("list", help="what is kept, oldest first")
    listed.add_argument("--content", action="store_true", help="show what came, which may name recipients")
    listed.add_argument("--limit", type=_count, default=_LIMIT, metavar="N", help=f"so many at most; {_LIMIT}")
    listed.set_defaults(work=_list)
    replayed = commands.add_parser("replay", help="give reports to their reader again")
    replayed.add_argument("--all", action="store_true", help="all instead of some")
    replayed.set_defaults(work=_replay)
    for command in (listed, replayed):
        command.add_argument("--since", type=_moment, metavar="TIME", help="those that came from then on (ISO 8601)")
    removed = commands.add_parser("remove", help="forget reports")
    removed.set_defaults(work=_remove)
    replayed.add_argument("ids", nargs="*", metavar="ID")
    removed.add_argument("ids", nargs="+", metavar="ID")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31T02:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _do(access: TableAccess, asked: argparse.Namespace) -> int:
    async with open_tables(access) as tables:
        orders, refs, reports = (AzureTable(tables.get_table_client(name)) for name in ("orders", "refs", "reports"))
        store, clock = DeadReportStore(reports), SystemClock()
        report = Report(OrderStore(orders), References(refs), DeadLetters(store, clock), clock)
        work: Callable[[DeadReports, argparse.Namespace], Awaitable[int]] = asked.work
        return await work(DeadReports(store, report), asked)


def _since(asked: argparse.Namespace) -> datetime:
    since: datetime | None = asked.since
    return since or datetime.now(UTC) - _EVER


async def _list(reports: DeadReports, asked: argparse.Namespace) -> int:
    for report in await reports.list(_since(asked), asked.limit, content=asked.content):
        _say(_line(report))
        if asked.content:
            _say(*(f"    {line}" for line in shown(report.content).splitlines()))
    return DONE


async def _replay(reports: DeadReports, asked: argparse.Namespace) -> int:
    if asked.all == bool(asked.ids):
        return _unusable("give ids, or --all")
    ids = [each.id for each in await reports.list(_since(asked))] if asked.all else asked.ids
    return await _each(ids, lambda identity: _replay_one(reports, identity))


async def _replay_one(reports: DeadReports, identity: str) -> str | None:
    refusal = await reports.replay(identity)
    return f"not taken: {refusal.reason} {refusal.detail or ''}".rstrip() if refusal else None


async def _remove(reports: DeadReports, asked: argparse.Namespace) -> int:
    return await _each(asked.ids, reports.remove)


async def _each(ids: Sequence[str], work: Callable[[str], Awaitable[str | None]]) -> int:
    """Do something with each; what it says is why it is not done."""
    outcomes = [await _outcome(work(identity)) for identity in ids]
    _say(*(f"{identity}  {why or 'done'}" for identity, why in zip(ids, outcomes, strict=True)))
    return LEFT if any(outcomes) else DONE


async def _outcome(work: Awaitable[str | None]) -> str | None:
    try:
        return await work
    except NoSuchReport:
        return "not there"


def _line(report: DeadReport) -> str:
    reason = f"{report.reason} ({report.detail})" if report.detail else report.reason
    size = f"{report.size} bytes{', cut' if report.cut else ''}"
    received = report.received.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return "  ".join([report.id, received, report.source, report.channel or "-", reason, size])


def shown(content: bytes) -> str:
    """What came as text that does nothing to a terminal: whatever cannot be printed is escaped."""
    text = content.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
