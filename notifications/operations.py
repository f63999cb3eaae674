"""What an operator does by hand, with access to the storage: `python -m notifications.operations export --nin -`.

Reads `DataStorage` or `DataStorage__tableServiceUri`, and `IDENTITY_HASH_KEY`, from the environment, as the service
does. With `-` for the number it is read from standard input, where no list of processes and no shell's history has it.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Self

from azure.core.exceptions import AzureError
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import DefaultAzureCredential
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifications.domain.clock import SystemClock
from notifications.domain.faults import StorageUnavailable
from notifications.domain.pace import Pace
from notifications.security.identity_hash import IdentityHasher
from notifications.setting_values import Address, ConnectionString, HashKey
from notifications.stages.activity import ORGANIZATION, PERSON, Activity
from notifications.stages.erasure import Answer, Erasure, Fate
from notifications.stages.retain import Retain
from notifications.storage.azure_table import AzureTable
from notifications.storage.feed import Feed
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from notifications.storage.references import References

DONE, LEFT, UNUSABLE = 0, 1, 2


class Storage(BaseSettings):
    """Where the tables are, and under which key recipients are found."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", env_ignore_empty=True)

    connection: ConnectionString | None = Field(None, alias="DataStorage")
    tables: Address | None = Field(None, alias="DataStorage__tableServiceUri")
    hash_key: HashKey = Field(alias="IDENTITY_HASH_KEY")

    @model_validator(mode="after")
    def _has_tables(self) -> Self:
        if not self.connection and not self.tables:
            raise ValueError("give one of the two")
        return self


def main(arguments: Sequence[str] | None = None) -> int:
    """Export or erase, and print what came of it as JSON; 1 when something could not be erased yet, 2 unusable."""
    asked = _parser().parse_args(arguments)
    kind, number = (PERSON, asked.nin) if asked.nin else (ORGANIZATION, asked.org)
    number = sys.stdin.readline().strip() if number == "-" else number
    logging.basicConfig(level=logging.WARNING)
    try:
        storage = Storage()
    except ValidationError as error:
        names = sorted(str(each["loc"][0]) if each["loc"] else "DataStorage" for each in error.errors())
        sys.stderr.write(f"missing or malformed: {', '.join(names)}\n")
        return UNUSABLE
    try:
        told, code = asyncio.run(_do(storage, asked.what, kind, number))
    except (StorageUnavailable, AzureError) as error:
        # Its text may quote a row.
        sys.stderr.write(f"the tables do not answer as they should: {type(error).__name__}\n")
        return UNUSABLE
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m notifications.operations", description="Data protection, by hand.")
    parser.add_argument("what", choices=("export", "erase"))
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--nin", help="a national identity number, or - to read it from standard input")
    who.add_argument("--org", help="an organisation number, or - likewise")
    return parser


async def _do(storage: Storage, what: str, kind: str, number: str) -> tuple[list[dict[str, Any]], int]:
    async with _tables(storage) as tables:
        erasure = _erasure(tables, storage.hash_key.get_secret_value())
        if what == "export":
            return await erasure.export(kind, number), DONE
        answers = await erasure.erase(kind, number)
    left = any(each.fate is not Fate.ERASED for each in answers)
    return [_told(each) for each in answers], LEFT if left else DONE


def _told(answer: Answer) -> dict[str, Any]:
    until = answer.until and answer.until.isoformat(timespec="seconds")
    return {**asdict(answer), "shipment": str(answer.shipment.uuid), "until": until}


@asynccontextmanager
async def _tables(storage: Storage) -> AsyncIterator[TableServiceClient]:
    if storage.connection:
        async with TableServiceClient.from_connection_string(storage.connection.get_secret_value()) as service:
            yield service
        return
    async with (
        DefaultAzureCredential() as credential,
        TableServiceClient(storage.tables or "", credential=credential) as service,
    ):
        yield service


def _erasure(tables: TableServiceClient, key: str) -> Erasure:
    names = ("orders", "feed", "refs", "index")
    orders, feed, refs, index = (AzureTable(tables.get_table_client(name)) for name in names)
    store, activity = OrderStore(orders), Activity(Index(index), IdentityHasher(key))
    retain = Retain(store, Feed(feed), References(refs), activity)
    return Erasure(store, activity, retain, SystemClock(), Pace())


if __name__ == "__main__":
    sys.exit(main())
