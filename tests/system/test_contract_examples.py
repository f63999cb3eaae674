"""The examples of the interface's description (http-contract.md section 9): each request posted, each answer compared.

Send times are moved far ahead, and people are those whom the registers know. Answers that take time or a failing
provider are in tests/triggers/test_examples_in_time.py, where the clock can be moved.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from local.tokens import SCOPES
from notifications.contract.openapi.examples import Example, examples
from notifications.contract.openapi.operation import Operation
from tests.contract.documented import BASE, OPERATION, answer_schema, failures
from tests.contract.likeness import differences
from tests.system.expect import UNKNOWN_ID
from tests.system.orders import order
from tests.system.people import organization
from tests.system.running import System
from tests.triggers.test_examples_in_time import IN_TIME

pytestmark = pytest.mark.system

type Name = tuple[str, str]

OWNER = "ttd"
SCOPE = " ".join(SCOPES.values())
EXAMPLES: Mapping[Name, Example] = {
    (operation, each.name): each for operation, all_ in examples().items() for each in all_
}
# In the order in which they are posted: some repeat what others ordered.
POSTED = [
    (operation, each.name)
    for operation in (
        "place_order",
        "send_instant_sms",
        "send_instant_email",
        "send_instant",
        "place_composed_email",
        "place_legacy_email_order",
        "place_legacy_order",
        "place_legacy_sms_order",
    )
    for each in examples()[operation]
    if each.request is not None
]
# What is asked of an order that an example placed.
OF_ORDERS: Mapping[Name, Name] = {
    ("get_order", "email"): ("place_legacy_email_order", "address"),
    ("get_order_status", "registered"): ("place_legacy_email_order", "address"),
    ("get_email_notifications", "none"): ("place_legacy_email_order", "address"),
    ("get_sms_notifications", "none"): ("place_legacy_email_order", "address"),
    ("find_orders", "found"): ("place_legacy_order", "preferred"),
}
# What is wrong, unknown or not there whatever was ordered.
OF_NOTHING = [
    name
    for name, each in EXAMPLES.items()
    if each.request is None and name not in {*IN_TIME, *OF_ORDERS} and name != ("place_order", "missing_contact")
]
# The examples' people, as the registers have them: with both addresses, reserved, and an organisation of whom only a
# user's mobile is known, and that for a resource.
PEOPLE = {"16869412345": "16069412345", "29924112345": "29124112345", "312508729": "312508729"}
OTHER_PEOPLE: Mapping[Name, Mapping[str, str]] = {
    # A person without a mobile.
    ("place_legacy_sms_order", "not_found"): {"16869412345": "02828130059"},
}


def moved(value: Any, name: Name) -> Any:
    """A part of an example with its people, and with its times far ahead."""
    text = json.dumps(value)
    for number, other in (PEOPLE | dict(OTHER_PEOPLE.get(name, {}))).items():
        text = text.replace(number, other)
    return json.loads(re.sub(r"2026-(?=\d\d-\d\dT)", "2098-", text))


async def ask(
    http: httpx.AsyncClient, operation: Operation, parameters: Mapping[str, Any], body: Any = None
) -> httpx.Response:
    """Send a request whose parameters are where the description says."""
    where = {each.name: each.where for each in operation.parameters}
    given: dict[str, dict[str, str]] = {place: {} for place in ("path", "query", "header")}
    for name, value in parameters.items():
        given[where[name]][name] = str(value)
    return await http.request(
        operation.method.upper(),
        operation.path.format(**({"id": UNKNOWN_ID} | given["path"])),
        params=given["query"],
        headers=given["header"],
        json=body,
    )


def assert_like(system: System, name: Name, answer: httpx.Response) -> None:
    """Fails unless an answer has the status, the headers, the values and the shape that its example shows."""
    shown = EXAMPLES[name]
    assert answer.status_code == shown.status, answer.text
    told = answer.json()
    assert differences(told, moved(shown.answer, name), system.url) == []
    assert failures(told, answer_schema(name[0], shown.status)) == []
    headers = {each: answer.headers.get(each) for each in shown.headers}
    assert differences(headers, dict(shown.headers), system.url) == []
    assert BASE not in answer.text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def posted(system: System) -> dict[Name, httpx.Response]:
    """The answers to all requests of the examples."""
    answers: dict[Name, httpx.Response] = {}
    async with system.client(OWNER, scope=SCOPE) as http:
        for name in POSTED:
            shown = EXAMPLES[name]
            answers[name] = await ask(http, OPERATION[name[0]], shown.parameters, moved(shown.request, name))
    return answers


def test_every_example_is_asked_for_here_or_where_the_clock_can_be_moved() -> None:
    here = {*POSTED, *OF_ORDERS, *OF_NOTHING, ("place_order", "missing_contact")}
    assert here | IN_TIME.keys() == EXAMPLES.keys()
    assert not here & IN_TIME.keys()


@pytest.mark.parametrize("name", POSTED, ids="-".join)
async def test_a_request_is_answered_as_its_example_says(
    system: System, posted: dict[Name, httpx.Response], name: Name
) -> None:
    assert_like(system, name, posted[name])


@pytest.mark.parametrize("name", OF_ORDERS, ids="-".join)
async def test_an_order_is_told_of_as_its_example_says(
    system: System, posted: dict[Name, httpx.Response], name: Name
) -> None:
    parameters = dict(EXAMPLES[name].parameters)
    if "id" in parameters:
        parameters["id"] = posted[OF_ORDERS[name]].json()["orderId"]
    async with system.client(OWNER, scope=SCOPE) as http:
        assert_like(system, name, await ask(http, OPERATION[name[0]], parameters))


@pytest.mark.parametrize("name", OF_NOTHING, ids="-".join)
async def test_what_is_wrong_or_unknown_is_told_as_its_example_says(system: System, name: Name) -> None:
    async with system.client(OWNER, scope=SCOPE) as http:
        assert_like(system, name, await ask(http, OPERATION[name[0]], EXAMPLES[name].parameters))


async def test_an_order_for_somebody_without_an_address_is_refused_as_the_example_says(system: System) -> None:
    async with system.client(OWNER, scope=SCOPE) as http:
        body = order(organization("312508729"))
        assert_like(system, ("place_order", "missing_contact"), await ask(http, OPERATION["place_order"], {}, body))
