"""When an SMS may leave: by day in Norway, unless the order says otherwise (http-contract.md section 4.1)."""

from datetime import UTC, datetime

import pytest

from tests.contract.builders import Request as Body
from tests.contract.builders import sms_recipient
from tests.triggers.asks import chain, placing
from tests.triggers.edge import Edge

EVENING = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
TO_A_NUMBER = {"recipients": [{"mobileNumber": "+4799999999"}]}
DAYTIME: dict[str, tuple[str, Body]] = {
    "legacy sms": ("place_legacy_sms_order", TO_A_NUMBER | {"body": "A text"}),
    "legacy": ("place_legacy_order", TO_A_NUMBER | {"notificationChannel": "Sms", "smsTemplate": {"body": "A text"}}),
    "unsaid": ("place_order", chain(recipient=sms_recipient())),
    "daytime": ("place_order", chain(recipient=sms_recipient(sendingTimePolicy="Daytime"))),
}


@pytest.mark.parametrize("kind", DAYTIME)
async def test_an_sms_that_was_ordered_in_the_evening_leaves_at_nine_in_the_morning(edge: Edge, kind: str) -> None:
    edge.world.clock.moment = EVENING
    assert (await placing(edge, *DAYTIME[kind]).answer(edge)).status_code in {201, 202}
    await edge.world.run_to(MORNING.replace(hour=7, minute=59, second=59))
    assert edge.world.sms.calls == []
    await edge.world.run_to(MORNING)
    assert len(edge.world.sms.calls) == 1


@pytest.mark.parametrize("kind", DAYTIME)
async def test_an_sms_that_was_ordered_by_day_leaves_at_once(edge: Edge, kind: str) -> None:
    assert (await placing(edge, *DAYTIME[kind]).answer(edge)).status_code in {201, 202}
    await edge.world.step()
    assert len(edge.world.sms.calls) == 1


@pytest.mark.parametrize("policy", ["Anytime", "anytime", 1])
async def test_an_sms_that_may_leave_at_any_time_leaves_in_the_evening(edge: Edge, policy: object) -> None:
    edge.world.clock.moment = EVENING
    body = chain(recipient=sms_recipient(sendingTimePolicy=policy))
    assert (await placing(edge, "place_order", body).answer(edge)).status_code == 201
    await edge.world.step()
    assert len(edge.world.sms.calls) == 1
