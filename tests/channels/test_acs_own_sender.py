"""Communication Services, when it does not know a sender or an address of ours: whose fault that is, and who waits."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from notifications.channels.protocol import EmailMessage
from notifications.domain.outcomes import Outcome, Postponed, Refused
from notifications.domain.statuses import Status

from .servers import Handler, answering, serving
from .test_acs import OWN_SENDER, PAUSE, failing, message, provider

UNKNOWN = [(404, "DomainNotLinked"), (403, "DomainNotLinked"), (400, "InvalidSenderUserName")]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


async def send(client: httpx.AsyncClient, handler: Handler, email: EmailMessage) -> Outcome:
    async with serving(handler) as url:
        return await provider(client, url).send(email, timeout=5)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(each.levelno, each.getMessage()) for each in caplog.records if "misconfigured" in each.getMessage()]


@pytest.mark.parametrize(("status", "code"), UNKNOWN)
@pytest.mark.parametrize("sender", [OWN_SENDER, "Service@Example.com"])
async def test_our_own_sender_that_the_service_does_not_know_fails_nobodys_email_and_is_told(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, status: int, code: str, sender: str
) -> None:
    outcome = await send(client, failing(status, code), message(sender=sender))
    assert outcome == Postponed("invalid_sender", PAUSE)
    assert told(caplog) == [(logging.ERROR, "provider.misconfigured provider=acs-email reason=invalid_sender")]


@pytest.mark.parametrize(("status", "code"), UNKNOWN)
async def test_an_orders_sender_that_the_service_does_not_know_fails_its_own_email_and_stops_no_other(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, status: int, code: str
) -> None:
    outcome = await send(client, failing(status, code), message(sender="somebody@example.org"))
    assert outcome == Refused(Status.FAILED, code)
    assert told(caplog) == []


async def test_what_is_wrong_with_an_email_from_our_own_sender_still_fails_it(client: httpx.AsyncClient) -> None:
    outcome = await send(client, failing(400, "BadRequest", "Invalid content"), message(sender=OWN_SENDER))
    assert outcome == Refused(Status.FAILED, "BadRequest")


async def test_a_service_that_is_down_rests_whatever_its_error_is_called(client: httpx.AsyncClient) -> None:
    outcome = await send(client, failing(503, "DomainNotFound"), message(sender="somebody@example.org"))
    assert isinstance(outcome, Postponed)
    assert (outcome.reason, outcome.pause) == ("http_503", PAUSE)


async def test_an_address_in_our_settings_that_is_not_the_services_is_told(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert await send(client, answering(404), message()) == Postponed("http_404", PAUSE)
    assert told(caplog) == [(logging.ERROR, "provider.misconfigured provider=acs-email reason=http_404")]
