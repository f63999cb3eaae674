"""Requests made up from the service's own description: every answer is a documented one, and rightly given.

For each operation: every request at the bounds of its schema, within them and beyond, and some made up at random by a
fixed seed, so that each run is the same.
"""

from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import CHECKS, CheckFunction, load_all_checks

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import OPERATIONS, document
from tests.fuzz.calling import PATIENCE, Caller
from tests.fuzz.described import EXAMPLES, SEED, described, postponed
from tests.fuzz.judging import ORDERS, judge

pytestmark = pytest.mark.system

SCHEMA = described()
NAMES = [each.id for each in OPERATIONS]
MADE_UP = [
    (each.id, mode)
    for each in OPERATIONS
    for mode in GenerationMode
    # where nothing is asked for, nothing can be wrong
    if mode is GenerationMode.POSITIVE or each.parameters or each.body
]
JSON = "application/json"

ALWAYS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""What holds for every answer."""

RIGHTLY = ("negative_data_rejection", "positive_data_acceptance")
"""That what the schema allows is taken, and else refused; of orders `judging` says so more closely."""

NOT_SAID: dict[str, set[str]] = {
    # An event that does not read is let go among others.
    "receive_email_reports": {"negative_data_rejection"},
    # The gateway's XML is described in words.
    "receive_sms_reports": {"positive_data_acceptance"},
    # Years end with the next one.
    "metrics_page": {"positive_data_acceptance"},
    # Anything but `true` means no.
    "test_send_condition": {"negative_data_rejection"},
    # One of the two parameters is needed, which OpenAPI cannot say.
    "get_log": {"positive_data_acceptance"},
    # Times are compared with the clock and with each other.
    "dashboard_person": {"positive_data_acceptance"},
    "dashboard_organization": {"positive_data_acceptance"},
}
"""What the description cannot say of an operation."""

FEED_ORDERS = {"asc", "desc", "0", "1"}
"""What `orderBy` may be, in any letter case."""

MOST = 200
"""How many of the requests at the bounds are sent for one operation, evenly spread."""


def checks_of(name: str, answer: Response) -> list[CheckFunction]:
    """What an answer is held to."""
    load_all_checks()
    wanted = {*ALWAYS, *(() if name in ORDERS else RIGHTLY)} - NOT_SAID.get(name, set())
    return cast("list[CheckFunction]", CHECKS.get_by_names(sorted(wanted - tolerated(answer))))


def tolerated(answer: Response) -> set[str]:
    """That what is left out by the Functions host, or taken by the feed beside its enum, need not be refused."""
    asked = dict(parse_qsl(urlsplit(answer.request.url or "").query, keep_blank_values=True))
    ordered = asked.get("orderBy", "").lower() in FEED_ORDERS
    return {"negative_data_rejection"} if ordered or "" in asked.values() else set()


def hold(caller: Caller, name: str, case: Case[Any]) -> None:
    """Send a request and hold the answer to what is documented."""
    if name in ORDERS:
        case.body = postponed(case.body)
    answer = case.call(
        base_url=caller.url, session=caller.session, headers=dict(caller.headers(name)), timeout=PATIENCE
    )
    case.validate_response(answer, checks=checks_of(name, answer))
    if answer.status_code == 415:
        assert answer.request.headers.get("Content-Type") != JSON
    elif name in ORDERS:
        judge(name, answer.request.body, answer.status_code, answer.json())


def operation(name: str) -> Any:
    return SCHEMA.find_operation_by_id(name)


def at_the_bounds(name: str) -> list[Case[Any]]:
    """The requests at the bounds of an operation's schema, on either side."""
    generation = SCHEMA.config.generation
    cases = list(
        SCHEMA.iter_coverage_cases(operation(name), generation_modes=list(GenerationMode), generation_config=generation)
    )
    return cases[:: -(-len(cases) // MOST)]


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_at_the_bounds_of_the_schema_is_a_documented_one(caller: Caller, name: str) -> None:
    for case in at_the_bounds(name):
        hold(caller, name, case)


@pytest.mark.parametrize(("name", "mode"), MADE_UP, ids=lambda each: str(getattr(each, "value", each)))
def test_every_answer_to_what_is_made_up_is_a_documented_one(caller: Caller, name: str, mode: GenerationMode) -> None:
    made_up = operation(name).as_strategy(generation_mode=mode)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made_up)
    def run(case: Case[Any]) -> None:
        hold(caller, name, case)

    run()


def test_the_running_system_describes_itself_so(caller: Caller) -> None:
    answer = requests.get(f"{caller.url}/openapi.json", timeout=PATIENCE)
    assert answer.json() == document(caller.url, Limits())
