"""Every status of orders and notifications (http-contract.md section 6), brought about and read in all places.

Manifest and feed tell it by the present names; the summaries of the legacy API by their own, with a description, and
the order's status by counting.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.simulators.pswin.recipients import number
from notifications.contract.notification_statuses import future_names, summary_names
from notifications.domain.statuses import Channel, OrderStatus
from tests.system.ended import (
    BY_ADDRESS,
    BY_CODE,
    BY_CONTAINER,
    NO_ADDRESS,
    ONLY_EMAIL,
    RESERVED,
    SILENT,
    SILENT_CODE,
    Ended,
    bring_about,
)
from tests.system.legacy import processing
from tests.system.running import System
from tests.system.seen import Seen
from tests.system.statuses import CHANNELS, EMAIL, ORDERS, SMS
from tests.system.under_way import SILENT_EMAIL, SILENT_SMS, SLICE, WAITING_EMAIL, WAITING_SMS, UnderWay, trapped

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

# http-contract.md sections 6.2 and 6.3 have it too, and say that it is never stored: it reads as New.
NEVER_SHOWN = "Email_Failed_TransientError"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(system: System) -> Ended:
    """What has ended, or rests with a provider."""
    return await bring_about(system)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def under_way(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[UnderWay]:
    """What is on its way, and what came to no end in time."""
    async with trapped(tmp_path_factory.mktemp("statuses")) as all_of_it:
        yield all_of_it


@pytest.fixture
def everything(ended: Ended, under_way: UnderWay) -> list[Seen]:
    """Each shipment of this module, as it was seen."""
    return [*ended.all(), *under_way.all()]


async def test_every_status_of_a_notification_is_brought_about_and_no_other(everything: list[Seen]) -> None:
    seen = {each["status"] for one in everything for each in one.manifest["recipients"]}
    assert seen == set(future_names())
    assert seen == EMAIL.keys() | SMS.keys()
    assert NEVER_SHOWN not in seen


async def test_every_name_of_the_legacy_summaries_is_brought_about_and_no_other(everything: list[Seen]) -> None:
    for channel in Channel:
        told = [each for one in everything for each in one.summaries[channel.value]["notifications"]]
        assert {each["sendStatus"]["status"] for each in told} == set(summary_names(channel))
        shown = {(each["sendStatus"]["status"], each["sendStatus"]["description"]) for each in told}
        assert shown == {(each.name, each.description) for each in CHANNELS[channel.value].values()}


async def test_every_status_of_an_order_is_brought_about_in_both_apis_and_no_other(everything: list[Seen]) -> None:
    assert {one.manifest["status"] for one in everything} == {f"Order_{each.value}" for each in OrderStatus}
    assert {processing(one.status) for one in everything} == set(ORDERS.values())


async def test_all_places_tell_of_each_shipment_alike(everything: list[Seen]) -> None:
    for one in everything:
        one.assert_alike()


async def test_an_order_to_many_shows_each_recipients_end_in_every_place(ended: Ended) -> None:
    assert ended.emails.statuses() == BY_ADDRESS
    told = ended.emails.told("email", "emailAddress")
    assert told == {address: EMAIL[status] for address, status in BY_ADDRESS.items()}


async def test_an_order_to_many_counts_how_many_were_reached(ended: Ended) -> None:
    summary, status = ended.emails.summaries["email"], ended.emails.status
    assert (summary["generated"], summary["succeeded"]) == (len(BY_ADDRESS), 1)
    counted = status["notificationsStatusSummary"]
    assert list(counted) == ["email"]
    assert (counted["email"]["generated"], counted["email"]["succeeded"]) == (len(BY_ADDRESS), 1)


@pytest.mark.parametrize("code", BY_CODE)
async def test_an_sms_shows_its_end_in_every_place(ended: Ended, code: str) -> None:
    """The reference's order stops counting an SMS when it is delivered; ours goes on."""
    seen, status = ended.sms[code], BY_CODE[code]
    assert seen.entry is not None
    assert seen.statuses() == {number(code): status}
    assert seen.told("sms", "mobileNumber") == {number(code): SMS[status]}
    assert seen.status["notificationsStatusSummary"]["sms"]["succeeded"] == int(SMS[status].succeeded)


@pytest.mark.parametrize("container", BY_CONTAINER)
async def test_an_email_whose_file_cannot_be_sent_shows_why_in_every_place(ended: Ended, container: str) -> None:
    (shown,) = ended.files[container].told("email", "emailAddress").values()
    assert shown == EMAIL[BY_CONTAINER[container]]


async def test_what_was_accepted_and_not_reported_counts_as_a_success_that_is_not_in_the_feed(ended: Ended) -> None:
    assert ended.silent_email.told("email", "emailAddress") == {SILENT: EMAIL["Email_Succeeded"]}
    assert ended.silent_sms.told("sms", "mobileNumber") == {number(SILENT_CODE): SMS["SMS_Accepted"]}
    for seen, channel in ((ended.silent_email, "email"), (ended.silent_sms, "sms")):
        assert seen.entry is None
        assert processing(seen.status) == ORDERS["Order_Processed"]
        assert seen.status["notificationsStatusSummary"][channel]["succeeded"] == 1
        assert seen.manifest["status"] == "Order_Processed"


async def test_people_whom_no_email_reaches_are_named_by_their_number_with_an_empty_address(ended: Ended) -> None:
    reserved, not_identified = "Email_Failed_RecipientReserved", "Email_Failed_RecipientNotIdentified"
    assert sorted(each["status"] for each in ended.people.manifest["recipients"]) == [not_identified, reserved]
    for status, whom in ((reserved, RESERVED), (not_identified, NO_ADDRESS)):
        assert ended.people.told("email", "nationalIdentityNumber")[whom] == EMAIL[status]
    assert ended.people.told("email", "emailAddress").keys() == {""}


async def test_people_whom_no_sms_reaches_are_named_by_their_number_with_an_empty_one(ended: Ended) -> None:
    for seen, status, whom in (
        (ended.reserved, "SMS_Failed_RecipientReserved", RESERVED),
        (ended.only_email, "SMS_Failed_RecipientNotIdentified", ONLY_EMAIL),
    ):
        assert seen.statuses()[""] == status
        assert seen.told("sms", "nationalIdentityNumber") == {whom: SMS[status]}
        assert seen.told("sms", "mobileNumber").keys() == {""}


async def test_an_order_that_is_not_due_and_one_that_was_cancelled_have_no_notifications(under_way: UnderWay) -> None:
    for seen, status in ((under_way.registered, "Order_Registered"), (under_way.cancelled, "Order_Cancelled")):
        assert (seen.manifest["status"], seen.manifest["recipients"]) == (status, [])
        assert processing(seen.status) == ORDERS[status]


async def test_an_order_between_two_slices_is_processing_and_shows_the_notifications_made_so_far(
    under_way: UnderWay,
) -> None:
    seen = under_way.processing
    assert seen.manifest["status"] == "Order_Processing"
    assert processing(seen.status) == ORDERS["Order_Processing"]
    assert [each["status"] for each in seen.manifest["recipients"]] == ["Email_New"] * SLICE


async def test_a_message_that_its_provider_does_not_answer_is_shown_as_being_sent(under_way: UnderWay) -> None:
    assert under_way.held.seen.statuses() == {SILENT_EMAIL: "Email_Sending", SILENT_SMS: "SMS_Sending"}
    assert under_way.held.seen.manifest["status"] == "Order_Processed"
    assert under_way.held.results == ["Sending", "Sending"]


async def test_a_message_that_its_provider_did_not_take_is_new_again_and_says_why(under_way: UnderWay) -> None:
    """The contract's transient error, which is never shown by its own name."""
    seen = under_way.waiting.seen
    assert seen.statuses() == {WAITING_EMAIL: "Email_New", WAITING_SMS: "SMS_New"}
    assert [each["reason"] for each in seen.manifest["recipients"]] == ["http_429", "http_429"]
    assert seen.manifest["status"] == "Order_Processed"
    assert under_way.waiting.results == ["New", "New"]


async def test_a_message_that_was_never_taken_has_failed_when_its_time_is_up_and_the_dashboard_says_of_what(
    under_way: UnderWay,
) -> None:
    seen = under_way.given_up.seen
    assert seen.statuses() == {WAITING_EMAIL: "Email_Failed_TTL", WAITING_SMS: "SMS_Failed_TTL"}
    assert seen.told("email", "emailAddress") == {WAITING_EMAIL: EMAIL["Email_Failed_TTL"]}
    assert seen.told("sms", "mobileNumber") == {WAITING_SMS: SMS["SMS_Failed_TTL"]}
    assert under_way.given_up.results == ["Failed_TTL", "Failed_TTL"]
