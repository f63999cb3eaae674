"""The carriers: an email's attachments are fetched at the last moment, never in vain, and never for too many at once.

An SMS gets the sender that its recipient's country lets through.
"""

import asyncio
import base64
from collections.abc import Sequence
from contextlib import aclosing

import httpx
import pytest

from local.simulators.acs.event_grid import Nowhere
from local.simulators.acs_email.service import Options as AcsOptions
from local.simulators.acs_email.service import acs_email
from local.simulators.blobs.service import Options as BlobOptions
from local.simulators.blobs.service import blobs
from local.simulators.serving import listening
from notifications.channels.acs_auth import AccessKey
from notifications.channels.email.acs import AcsEmail
from notifications.channels.email.attachments import BlobAttachments
from notifications.channels.protocol import AttachedFile
from notifications.domain.order import Attachment, EmailTemplate, Recipient, SmsTemplate
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.shipment import Shipment
from notifications.domain.sms_sender import SenderCountries
from notifications.domain.statuses import Channel, Status
from notifications.outbound.guard import GuardedTransport
from notifications.stages.carriers import WITH_FILES_AT_ONCE, EmailCarrier, SmsCarrier
from notifications.storage.memory import MemoryTable
from notifications.storage.orders import OrderStore
from notifications.storage.references import References
from tests.builders import NUMBER, FakeClock, email_content, notification, registered, sms_content
from tests.stages.fakes import FakeEmail, FakeSms, FlakyTable

ATTACHMENT = Attachment(filename="letter.pdf", mime_type="application/pdf", sas_url="https://files.example.com/x?sig=y")
OWN = "noreply@example.com"
FILE = AttachedFile(name="letter.pdf", mime_type="application/pdf", content=b"x")
GONE = Refused(Status.INVALID_SAS_URL, "attachment_http_404")


class FakeAttachments:
    """A storage that answers the same to everybody, when a test lets it, and remembers how long it was given."""

    def __init__(self, answer: tuple[AttachedFile, ...] | Refused | Postponed = (FILE,)) -> None:
        self.answer = answer
        self.given: list[float] = []
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(
        self, attachments: Sequence[Attachment], *, within: float
    ) -> tuple[AttachedFile, ...] | Refused | Postponed:
        assert attachments == (ATTACHMENT,)
        self.given.append(within)
        await self.open.wait()
        return self.answer


def composed(*attachments: Attachment) -> Shipment:
    return registered(content=email_content(email=EmailTemplate(subject="s", body="b", attachments=attachments)))


async def hand_over(
    provider: FakeEmail, files: FakeAttachments | None, shipment: Shipment | None = None, *, uncertain: bool = False
) -> Outcome:
    carrier = EmailCarrier(provider, "noreply@example.com", files)
    return await carrier.hand_over(shipment or composed(ATTACHMENT), notification(), 30, uncertain=uncertain)


async def test_attachments_are_fetched_and_sent_with_their_email() -> None:
    provider, files = FakeEmail(), FakeAttachments()
    assert await hand_over(provider, files) == Accepted()
    (message,) = provider.calls
    assert message.attachments == (FILE,)
    assert 29 < files.given[0] <= 30


async def test_an_email_without_attachments_fetches_nothing() -> None:
    provider, files = FakeEmail(), FakeAttachments()
    assert await hand_over(provider, files, composed()) == Accepted()
    assert (provider.calls[0].attachments, files.given) == ((), [])


@pytest.mark.parametrize("outcome", [GONE, Postponed("attachment_http_503")])
async def test_without_its_attachments_an_email_is_not_sent(outcome: Refused | Postponed) -> None:
    provider = FakeEmail()
    told = await hand_over(provider, FakeAttachments(outcome))
    assert (told, told.here, provider.calls) == (outcome, True, [])


@pytest.mark.parametrize("known", [Accepted(), Refused(Status.BOUNCED, "x"), Uncertain("timeout")])
async def test_for_an_email_that_the_provider_may_have_nothing_is_fetched_again(known: Outcome) -> None:
    provider, files, shipment = FakeEmail(), FakeAttachments(GONE), composed(ATTACHMENT)
    provider.known[shipment.id.notification(1)] = known
    assert await hand_over(provider, files, shipment, uncertain=True) == known
    assert (provider.calls, files.given) == ([], [])


async def test_an_email_that_the_provider_does_not_know_is_fetched_for_and_sent() -> None:
    provider, files = FakeEmail(), FakeAttachments()
    assert await hand_over(provider, files, uncertain=True) == Accepted()
    assert (len(provider.asked), len(files.given), len(provider.calls)) == (1, 1, 1)


async def test_what_asking_the_provider_took_is_missing_from_the_time_to_fetch() -> None:
    provider, files = SlowEmail(), FakeAttachments()
    carrier = EmailCarrier(provider, "noreply@example.com", files)
    assert await carrier.hand_over(composed(ATTACHMENT), notification(), 0.2, uncertain=True) == Accepted()
    assert files.given == [0.0]


class SlowEmail(FakeEmail):
    """A provider that takes longer to be asked than it was given."""

    async def find(self, notification_id: object, *, timeout: float) -> None:  # noqa: ASYNC109
        await asyncio.sleep(timeout * 1.1)


async def test_twelve_emails_with_attachments_are_in_hand_at_once_and_ordinary_ones_pass_by() -> None:
    provider, files = FakeEmail(), FakeAttachments()
    carrier = EmailCarrier(provider, "noreply@example.com", files)
    files.open.clear()

    def another(shipment: Shipment) -> asyncio.Task[Outcome]:
        return asyncio.create_task(carrier.hand_over(shipment, notification(), 30, uncertain=False))

    waiting = [another(composed(ATTACHMENT)) for _ in range(WITH_FILES_AT_ONCE)]
    await asyncio.sleep(0)
    assert len(files.given) == WITH_FILES_AT_ONCE
    busy = await another(composed(ATTACHMENT))
    assert (busy, busy.here) == (Postponed("attachments_busy"), True)
    assert await another(composed()) == Accepted()
    files.open.set()
    assert await asyncio.gather(*waiting) == [Accepted()] * WITH_FILES_AT_ONCE
    assert await another(composed(ATTACHMENT)) == Accepted()


async def test_an_email_that_was_given_up_leaves_its_place_to_others() -> None:
    files = FakeAttachments()
    carrier = EmailCarrier(FakeEmail(), "noreply@example.com", files)
    files.open.clear()
    for _ in range(WITH_FILES_AT_ONCE + 1):
        task = asyncio.create_task(carrier.hand_over(composed(ATTACHMENT), notification(), 30, uncertain=False))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(files.given) == WITH_FILES_AT_ONCE + 1


async def test_a_carrier_without_a_source_of_files_says_so_and_sends_nothing() -> None:
    provider = FakeEmail()
    with pytest.raises(ValueError, match="nothing to fetch them with"):
        await hand_over(provider, None)
    assert provider.calls == []


async def test_a_file_travels_from_blob_storage_to_the_email_provider() -> None:
    key = base64.b64encode(b"only a test").decode()
    transport = GuardedTransport(frozenset({"127.0.0.1"}))
    async with (
        listening(blobs(BlobOptions()), 0) as storage,
        listening(acs_email(AcsOptions(access_key=base64.b64decode(key)), Nowhere()), 0) as acs,
        httpx.AsyncClient() as client,
        aclosing(BlobAttachments(transport, limit=7_500_000)) as files,
    ):
        address = f"{storage}/7500000/letter.pdf?se=2099-01-01T00:00:00Z&sr=b&sp=r&sig=any"
        letter = Attachment(filename="Vedtak.pdf", mime_type="application/pdf", sas_url=address)
        carrier = EmailCarrier(AcsEmail(client, acs, AccessKey(key), OWN), OWN, files)
        assert await carrier.hand_over(composed(letter), notification(), 30, uncertain=False) == Accepted()
        (call,) = (await client.get(f"{acs}/_calls")).json()
    assert call["attachments"] == [{"name": "Vedtak.pdf", "contentType": "application/pdf", "bytes": 7_500_000}]


async def test_an_email_is_handed_over_with_the_recipients_name_in_its_texts() -> None:
    provider = FakeEmail()
    template = EmailTemplate(subject="To $recipientName$", body="$recipientNumber$")
    content = email_content(email=template, recipients=(Recipient(organization_number="313556263"),))
    carrier = EmailCarrier(provider, "noreply@example.com")
    await carrier.hand_over(registered(content=content), notification(name="Fjord AS"), 30, uncertain=False)
    assert [(call.subject, call.body) for call in provider.calls] == [("To Fjord AS", "313556263")]


async def test_an_sms_is_handed_over_with_the_recipients_name_in_its_text() -> None:
    provider = FakeSms()
    content = sms_content(
        sms=SmsTemplate(body="$recipientName$: $recipientNumber$"),
        recipients=(Recipient(organization_number="313556263"),),
    )
    references, store = References(MemoryTable()), OrderStore(MemoryTable())
    carrier = SmsCarrier(provider, "Etaten", references, store, FakeClock())
    one = notification(channel=Channel.SMS, name="Fjord AS")
    await carrier.hand_over(registered(content=content), one, 30, uncertain=False)
    assert [(call.body, call.recipient) for call in provider.calls] == [("Fjord AS: 313556263", NUMBER)]


@pytest.mark.parametrize(("memory", "kept"), [(Memory.NONE, True), (Memory.SHORT, False), (Memory.LASTING, False)])
async def test_the_reference_of_a_provider_that_reports_under_our_own_id_is_not_kept(
    memory: Memory, *, kept: bool
) -> None:
    provider, table = FakeSms(), FlakyTable()
    provider.memory = memory
    carrier = SmsCarrier(provider, "Etaten", References(table), OrderStore(MemoryTable()), FakeClock())
    await carrier.hand_over(registered(content=sms_content()), notification(channel=Channel.SMS), 30, uncertain=False)
    assert bool(table.rows()) is kept


async def test_an_sms_whose_reference_could_not_be_kept_is_accepted_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shipment, table = registered(content=sms_content()), FlakyTable()
    table.fail("commit", 100)
    carrier = SmsCarrier(FakeSms(), "Etaten", References(table), OrderStore(MemoryTable()), FakeClock())
    outcome = await carrier.hand_over(shipment, notification(channel=Channel.SMS), 30, uncertain=False)
    assert outcome == Accepted("REF-000001")
    assert f"reference.not_kept notification={shipment.id.notification(1)} error=StorageDown" in caplog.text


@pytest.mark.parametrize(
    ("ordered", "address", "used"),
    [
        ("TTD", "+358401234567", "+4799999998"),
        (None, "00358 40 123 4567", "+4799999998"),
        ("2210", "+358401234567", "2210"),
        ("TTD", "+34612345678", "TTD"),
        ("TTD", NUMBER, "TTD"),
        (None, NUMBER, "Etaten"),
    ],
)
async def test_an_sms_to_a_looked_up_number_too_has_the_sender_of_its_country(
    ordered: str | None, address: str, used: str
) -> None:
    provider, countries = FakeSms(), SenderCountries(prefixes={"+358": "+4799999998", "+34": None})
    content = sms_content(
        sms=SmsTemplate(body="b", sender=ordered), recipients=(Recipient(organization_number="313556263"),)
    )
    references, store = References(MemoryTable()), OrderStore(MemoryTable())
    carrier = SmsCarrier(provider, "Etaten", references, store, FakeClock(), countries)
    one = notification(channel=Channel.SMS, address=address)
    await carrier.hand_over(registered(content=content), one, 30, uncertain=False)
    assert [call.sender for call in provider.calls] == [used]
