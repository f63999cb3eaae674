"""What an operator does by hand, with access to the storage: `python -m notifications.operations export --nin -`.

Reads `DataStorage` or `DataStorage__tableServiceUri`, and `IDENTITY_HASH_KEY`, from the environment, as the service
does. With `-` for the number it is read from standard input, where no list of processes and no shell's history has it.
What begins with `reports` is for `notifications/report_commands.py`, and needs no key.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from azure.core.exceptions import AzureError
from azure.data.tables.aio import TableServiceClient
from pydantic import Field

from notifications import report_commands
from notifications.domain.clock import SystemClock
from notifications.domain.faults import StorageUnavailable
from notifications.domain.pace import Pace
from notifications.security.identity_hash import IdentityHasher
from notifications.setting_values import HashKey
from notifications.stages.activity import ORGANIZATION, PERSON, Activity
from notifications.stages.erasure import Answer, Erasure, Fate
from notifications.stages.retain import Retain
from notifications.storage.azure_table import AzureTable
from notifications.storage.feed import Feed
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from notifications.storage.references import References
from notifications.table_access import TableAccess, access_from_environment, open_tables

DONE, LEFT, UNUSABLE = 0, 1, 2


class Access(TableAccess):
    """Where the tables are, and under which key recipients are found."""

    hash_key: HashKey = Field(alias="IDENTITY_HASH_KEY")


def main(arguments: Sequence[str] | None = None) -> int:
    """Export or erase, and print what came of it as JSON; 1 when something could not be erased yet, 2 unusable."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["reports"]:
        return report_commands.main(given[1:])
    asked = _parser().parse_args(given)
    kind, number = (PERSON, asked.nin) if asked.nin else (ORGANIZATION, asked.org)
    number = sys.stdin.readline().strip() if number == "-" else number
    logging.basicConfig(level=logging.WARNING)
    access = access_from_environment(Access)
    if access is None:
        return UNUSABLE
    try:
        told, code = asyncio.run(_do(access, asked.what, kind, number))
    except (StorageUnavailable, AzureError) as error:
        # Its text may quote a row.
        sys.stderr.write(f"the tables do not answer as they should: {type(error).__name__}\n")
        return UNUSABLE
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notifications.operations",
        description="Data protection, by hand.",
        epilog="Delivery reports that could not be used: python -m notifications.operations reports --help",
    )
    parser.add_argument("what", choices=("export", "erase"))
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--nin", help="a national identity number, or - to read it from standard input")
    who.add_argument("--org", help="an organisation number, or - likewise")
    return parser


async def _do(access: Access, what: str, kind: str, number: str) -> tuple[list[dict[str, Any]], int]:
    async with open_tables(access) as tables:
        erasure = _erasure(tables, access.hash_key.get_secret_value())
        if what == "export":
            return await erasure.export(kind, number), DONE
        answers = await erasure.erase(kind, number)
    left = any(each.fate is not Fate.ERASED for each in answers)
    return [_told(each) for each in answers], LEFT if left else DONE


def _told(answer: Answer) -> dict[str, Any]:
    until = answer.until and answer.until.isoformat(timespec="seconds")
    return {**asdict(answer), "shipment": str(answer.shipment.uuid), "until": until}


def _erasure(tables: TableServiceClient, key: str) -> Erasure:
    names = ("orders", "feed", "refs", "index")
    orders, feed, refs, index = (AzureTable(tables.get_table_client(name)) for name in names)
    store, activity = OrderStore(orders), Activity(Index(index), IdentityHasher(key))
    retain = Retain(store, Feed(feed), References(refs), activity)
    return Erasure(store, activity, retain, SystemClock(), Pace())


if __name__ == "__main__":
    sys.exit(main())
