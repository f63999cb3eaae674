"""Log events carry ids, codes and numbers; a whole road leaves nobody's address, number, subject or text in the log."""

import logging
from datetime import timedelta

import pytest

from notifications.domain.order import EmailTemplate, Recipient, SmsTemplate
from notifications.domain.outcomes import Postponed, Refused, Uncertain
from notifications.domain.statuses import Status
from notifications.telemetry import UnknownField, error_name, event, tracing
from tests.builders import draft, email_content, sms_content
from tests.stages.world import World, email_report, sms_report
from tests.telemetry.recording import recorded

logger = logging.getLogger("tests.telemetry")

SECRETS = ("solveig", "99887766", "Vedtaket", "Kjære", "avsender")


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def test_an_event_is_one_line_and_its_fields_travel_with_it(caplog: pytest.LogCaptureFixture) -> None:
    event(logger, logging.INFO, "shipment.failed", shipment="id-1", attempt=2, reason=None)
    (record,) = caplog.records
    assert record.getMessage() == "shipment.failed shipment=id-1 attempt=2"
    told = record.__dict__
    assert (told["event"], told["n_shipment"], told["n_attempt"]) == ("shipment.failed", "id-1", 2)
    assert "n_reason" not in told


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_a_field_that_nobody_vouched_for_is_refused_even_when_nothing_would_be_logged(level: int) -> None:
    logger.setLevel(logging.ERROR)
    with pytest.raises(UnknownField) as refusal:
        event(logger, level, "shipment.failed", recipient="solveig@example.com", shipment="id-1")
    logger.setLevel(logging.NOTSET)
    assert str(refusal.value) == "recipient"


def test_a_level_that_is_off_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    logger.setLevel(logging.ERROR)
    event(logger, logging.INFO, "shipment.failed")
    logger.setLevel(logging.NOTSET)
    assert caplog.records == []


def test_of_an_exception_only_its_type_is_told() -> None:
    assert error_name(ValueError("solveig@example.com")) == "ValueError"


async def troubled_road(world: World) -> None:
    """Orders of somebody, and everything that may go wrong with them."""
    mail = email_content(
        recipients=(Recipient(email_address="solveig@example.com"),),
        email=EmailTemplate(subject="Vedtaket", body="Kjære Solveig", sender="avsender@example.com"),
        senders_reference="solveig",
    )
    sms = sms_content(
        recipients=(Recipient(phone_number="+4799887766"),), sms=SmsTemplate(body="Kjære deg", sender="avsender")
    )
    world.email.answers.extend([Uncertain("timeout"), Postponed("http_429", timedelta(seconds=9))])
    world.sms.answers.extend([Postponed("http_503"), Refused(Status.INVALID_RECIPIENT, "invalid_rcv")])
    world.conditions.answers.extend([RuntimeError("solveig@example.com"), None, False])
    orders = [
        await world.order(content, sms, idempotency_id=f"solveig-{number}")
        for number, content in enumerate(
            [mail, mail, email_content(recipients=mail.recipients, condition_endpoint="https://solveig.example.com/")]
        )
    ]
    await world.accept(draft(mail, sms, idempotency_id="solveig-0"))
    world.refs.fail("commit", 1)
    world.feeds.fail("commit", 1)
    await world.run(30)
    for first, second in orders:
        body = email_report((first.notification(1), "Delivered"), (first.notification(1), "Bounced"))
        await world.report.email(body.replace(b"kari@", b"solveig@"))
        reference = world.sms.references.get(second.notification(1), "REF-X")
        reports = sms_report((reference, "DELIVRD"), ("sol veig", "x"))
        await world.report.sms(reports.replace(b"4799999999", b"4799887766"))
    await world.report.email(b'[{"solveig": "solveig@example.com"}]')
    await world.report.sms(b"<MSGLST><MSG><RCV>4799887766</RCV></MSG></MSGLST>")
    await world.run_to(world.clock.now() + timedelta(days=100))


async def test_a_whole_road_with_every_kind_of_trouble_leaves_no_personal_data_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await troubled_road(World())
    assert len(caplog.records) > 30
    for record in caplog.records:
        written = repr(record.__dict__) + record.getMessage() + str(record.exc_info)
        assert not [secret for secret in SECRETS if secret.lower() in written.lower()], record.getMessage()


async def test_nor_in_traces_and_metrics() -> None:
    with recorded() as told:
        with tracing.request("place_order", None):
            await troubled_road(World())
        assert len(told.spans) > 10
        assert not [secret for secret in SECRETS if secret.lower() in told.text.lower()]
