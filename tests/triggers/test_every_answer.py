"""Every status that the interface's description names is brought about, and no operation answers with another.

A new operation, or a status newly described, fails here until there is a request for it.
"""

import json

import azure.functions as func
import pytest

from tests.contract.documented import OPERATION, answer_schema, failures, operation_of
from tests.triggers.asks import asks, there
from tests.triggers.edge import Edge
from tests.triggers.scenarios import ANYTHING, OWN, USUAL, Scenario

# The caller is gone before there is an answer, and the host cancels no function for it.
UNSEEN = 499
DOCUMENTED = {name: {*each.answers, *each.problems} - {UNSEEN} for name, each in OPERATION.items()}
CHALLENGES = {"Bearer", "ApiKey", "ReportKey"}


def documented_types(operation: str, status: int) -> set[str]:
    """The media types that an operation's answer may have."""
    if status >= 400 and status not in OPERATION[operation].answers:
        return {"application/problem+json"}
    return {*operation_of(operation)["responses"][str(status)]["content"]}


def assert_documented(operation: str, answer: func.HttpResponse) -> None:
    """Fails unless an answer has a status, a media type and a shape that the description gives its operation."""
    status, body = answer.status_code, answer.get_body()
    assert status in DOCUMENTED[operation], body
    if not body:
        return
    media_type = (answer.headers.get("Content-Type") or answer.mimetype).partition(";")[0]
    assert media_type in documented_types(operation, status)
    if media_type.endswith("json") and operation not in {"openapi", "receive_email_reports"}:
        assert failures(json.loads(body), answer_schema(operation, status)) == []


def assert_says_what_to_do(answer: func.HttpResponse) -> None:
    """Fails unless the headers that a status calls for are there."""
    if answer.status_code == 401:
        challenge = answer.headers["WWW-Authenticate"].partition(" ")[0]
        assert challenge in CHALLENGES | {"Basic"}
    if answer.status_code in {429, 503} and answer.mimetype != "text/plain":
        assert int(answer.headers["Retry-After"]) >= 1
    assert ("Location" in answer.headers) == (answer.status_code in {201, 202})


@pytest.mark.parametrize(
    ("operation", "status"), [(name, status) for name, all_ in DOCUMENTED.items() for status in sorted(all_)]
)
async def test_an_operation_answers_with_every_status_that_is_documented(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, operation: str, status: int
) -> None:
    ask = asks(edge, await there(edge))[operation]
    scenario = OWN.get((operation, status)) or USUAL[status]
    answer = await scenario(edge, ask, monkeypatch)
    assert answer.status_code == status, answer.get_body()
    assert_documented(operation, answer)
    assert_says_what_to_do(answer)


@pytest.mark.parametrize("scenario", ANYTHING, ids=lambda each: each.__name__.strip("_"))
@pytest.mark.parametrize("operation", OPERATION)
async def test_whatever_happens_the_answer_is_a_documented_one(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, operation: str, scenario: Scenario
) -> None:
    answer = await scenario(edge, asks(edge, await there(edge))[operation], monkeypatch)
    assert_documented(operation, answer)
    assert b"kari@example.com" not in answer.get_body() or answer.status_code == 200
