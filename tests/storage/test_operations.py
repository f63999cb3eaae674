"""The operators' command, as it is run: against real tables, with what it needs from the environment."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from azure.data.tables.aio import TableServiceClient

from notifications.domain.contacts import ContactPoints
from notifications.domain.order import Recipient
from notifications.domain.planning import plan
from notifications.domain.settle import complete, fold
from notifications.domain.shipment import Change
from notifications.security.identity_hash import IdentityHasher
from notifications.stages.activity import Activity
from notifications.storage.azure_table import AzureTable
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from tests.builders import NOW, PACE, email_content, fact, order_of, registered

pytestmark = pytest.mark.integration

KEY = "synthetic-key-of-at-least-32-characters"
PERSON = Recipient(national_identity_number="00000000001")


@pytest.fixture
async def store(connection: str) -> AsyncIterator[OrderStore]:
    """The tables by the names that the service gives them, with a delivered email to somebody in them."""
    names = ("orders", "feed", "refs", "index")
    async with TableServiceClient.from_connection_string(connection) as service:
        tables = {name: AzureTable(service.get_table_client(name)) for name in names}
        for table in tables.values():
            await table.prepare()
        shipment = registered(content=email_content(recipients=(PERSON,)))
        await Activity(Index(tables["index"]), IdentityHasher(KEY)).note_recipients([shipment])
        planned = plan(shipment, NOW, PACE, points={PERSON: ContactPoints(emails=("kari@example.com",))})
        ended = complete(fold(planned, [fact()]), NOW, PACE)
        store = OrderStore(tables["orders"])
        await store.accept(order_of(ended), [ended])
        yield store
        for name in names:
            await service.delete_table(name)


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DataStorage", "IDENTITY"))}
    return subprocess.run(
        [sys.executable, "-m", "notifications.operations", *arguments],
        input=stdin,
        env=kept | environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


async def test_what_is_held_is_printed_and_erased_when_nothing_more_comes_of_it(
    store: OrderStore, connection: str
) -> None:
    given = {"DataStorage": connection, "IDENTITY_HASH_KEY": KEY}
    exported = run("export", "--nin", "-", stdin="00000000001\n", **given)
    assert (exported.returncode, exported.stderr) == (0, "")
    (told,) = json.loads(exported.stdout)
    assert told["messages"][0]["address"] == "kari@example.com"
    assert (run("export", "--org", "00000000001", **given).stdout, run("export", "--nin", "2", **given).stdout) == (
        "[]\n",
        "[]\n",
    )
    left = run("erase", "--nin", "00000000001", **given)
    assert (left.returncode, [each["fate"] for each in json.loads(left.stdout)]) == (1, ["in progress"])
    shipment = await store.shipment(registered().id)
    assert shipment is not None
    await store.commit_one(Change(shipment, replace(shipment, published=True)))
    erased = run("erase", "--nin", "-", stdin="00000000001", **given)
    answer = {"shipment": str(shipment.id.uuid), "fate": "erased", "until": None}
    assert (erased.returncode, json.loads(erased.stdout), erased.stderr) == (0, [answer], "")
    assert not await store.holds(shipment.id)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "missing or malformed: IDENTITY_HASH_KEY\n"),
        (
            {"IDENTITY_HASH_KEY": "short", "DataStorage": "nonsense"},
            "missing or malformed: DataStorage, IDENTITY_HASH_KEY\n",
        ),
        ({"IDENTITY_HASH_KEY": KEY}, "missing or malformed: DataStorage\n"),
    ],
)
def test_what_the_environment_lacks_is_named_without_its_value(environment: dict[str, str], told: str) -> None:
    found = run("export", "--nin", "00000000001", **environment)
    assert (found.returncode, found.stdout, found.stderr) == (2, "", told)


@pytest.mark.parametrize("arguments", [("export",), ("show", "--nin", "1"), ("erase", "--nin", "1", "--org", "2")])
def test_what_it_does_not_know_it_does_not_do(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2


def test_tables_that_are_not_there_are_told_without_what_they_answered(connection: str) -> None:
    given = {"DataStorage": connection, "IDENTITY_HASH_KEY": KEY}
    found = run("export", "--nin", "00000000001", **given)
    told = "the tables do not answer as they should: ResourceNotFoundError\n"
    assert (found.returncode, found.stdout, found.stderr) == (2, "", told)
