"""Whatever the service needs and does not get is a 503 that says when to come again, and nothing was stored."""

import pytest

from notifications.domain.outcomes import Outcome, Postponed, Uncertain
from tests.contract.documented import OPERATION
from tests.contract.requests import organization, person
from tests.triggers.asks import PLACED, Ask, asks, chain, placing, there
from tests.triggers.edge import Edge, problem
from tests.triggers.scenarios import close_tables

BY_TOKEN = [name for name, each in OPERATION.items() if any("bearer" in one for one in each.security)]
# They ask storage nothing: the one day of the export is read from a table, but no document is.
WITHOUT_STORAGE = {"metrics_form", "test_send_condition", "health", "openapi", "docs"}
INSTANT = {"send_instant_sms", "send_instant_email", "send_instant"}


def assert_unavailable(told: dict[str, object], *, code: str | None = None) -> None:
    assert (told["status"], told.get("code")) == (503, code)


async def asked(edge: Edge, ask: Ask) -> dict[str, object]:
    answer = await ask.answer(edge)
    assert int(answer.headers["Retry-After"]) >= 1
    return problem(answer)


@pytest.mark.parametrize("operation", BY_TOKEN)
async def test_an_issuer_that_cannot_be_reached_is_not_the_callers_fault(edge: Edge, operation: str) -> None:
    ask = asks(edge, await there(edge))[operation]
    edge.issuer.status = 500
    assert_unavailable(await asked(edge, ask))


@pytest.mark.parametrize("operation", sorted(set(OPERATION) - WITHOUT_STORAGE))
async def test_storage_that_cannot_be_reached_is_told(
    edge: Edge, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = asks(edge, await there(edge))[operation]
    close_tables(edge, monkeypatch)
    told = await asked(edge, ask)
    assert_unavailable(told)
    assert "Storage" in str(told["detail"])


@pytest.mark.parametrize("operation", sorted(WITHOUT_STORAGE))
async def test_what_asks_storage_nothing_is_answered_without_it(
    edge: Edge, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = asks(edge, await there(edge))[operation]
    close_tables(edge, monkeypatch)
    assert (await ask.answer(edge)).status_code == (503 if operation == "health" else 200)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("place_order", chain(recipient=person())),
        ("place_order", chain(reminders=[{"delayDays": 1, "recipient": organization()}])),
        ("place_legacy_order", PLACED["place_legacy_order"]),
        ("place_legacy_email_order", PLACED["place_legacy_email_order"]),
        ("place_legacy_sms_order", PLACED["place_legacy_sms_order"]),
    ],
)
async def test_a_register_that_is_down_is_told_and_nothing_is_stored(
    edge: Edge, operation: str, body: dict[str, object]
) -> None:
    edge.world.directory.down = "http_503"
    before = edge.world.orders.rows()
    told = await asked(edge, placing(edge, operation, body))
    assert_unavailable(told)
    assert "register" in str(told["detail"])
    assert edge.world.orders.rows() == before


async def test_an_order_that_needs_no_register_is_taken_while_they_are_down(edge: Edge) -> None:
    edge.world.directory.down = "http_503"
    assert (await placing(edge, "place_order").answer(edge)).status_code == 201


@pytest.mark.parametrize("operation", sorted(INSTANT))
@pytest.mark.parametrize("outcome", [Postponed("unavailable"), Uncertain("timeout")])
async def test_a_provider_that_does_not_take_an_instant_message_is_not_00004(
    edge: Edge, operation: str, outcome: Outcome
) -> None:
    edge.world.email.answers.append(outcome)
    edge.world.sms.answers.append(outcome)
    told = await asked(edge, placing(edge, operation))
    assert_unavailable(told, code="NOT-00004")
    assert told["title"] == "A temporary network failure occurred"
    assert told["statusDescription"] == "Service Unavailable"


@pytest.mark.parametrize("operation", sorted(INSTANT))
async def test_a_provider_that_rests_is_not_00004_as_well(edge: Edge, operation: str) -> None:
    for name in ("fake-email", "fake-sms"):
        await edge.world.gates.close(name, edge.world.clock.now().replace(minute=5))
    assert_unavailable(await asked(edge, placing(edge, operation)), code="NOT-00004")
    assert edge.world.sms.calls == []
    assert edge.world.email.calls == []
