"""Large orders and what is read back of them."""

from pathlib import Path
from uuid import UUID

from benchmarks.bodies import Kind, body
from benchmarks.figures import Section
from benchmarks.large import HandOvers, bodies
from benchmarks.load import Answer
from benchmarks.validation import describe
from notifications.domain.ids import OrderKey, ShipmentId

_ONE, _OTHER = (ShipmentId(OrderKey(number), 1) for number in (1, 2))


def accepted(shipment: ShipmentId, number: int, second: int) -> str:
    identity = shipment.notification(number)
    moment = f"2026-11-21T12:00:{second:02}.000Z"
    return f"[{moment}] notification.accepted notification={identity} provider=acs-email seconds=1.0\n"


def answer(status: int, latency: float) -> Answer:
    return Answer(time=0, latency=latency, lag=0, status=status, due=None, shipments=[])


def test_addresses_are_shared_out_to_orders_of_no_more_than_the_largest() -> None:
    addresses = [f"kari+{number}@example.com" for number in range(25)]
    orders = bodies(addresses, 10)
    assert [len(each["recipients"]) for each in orders] == [10, 10, 5]
    assert [to["emailAddress"] for each in orders for to in each["recipients"]] == addresses


def test_recipients_may_be_people_by_their_numbers() -> None:
    (order,) = bodies(["17859600000"], 10, "nationalIdentityNumber")
    assert order["recipients"] == [{"nationalIdentityNumber": "17859600000"}]


def test_acceptances_are_counted_by_shipment_and_a_line_that_is_still_being_written_later(tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    whole, last = accepted(_ONE, 1, 5) + accepted(_OTHER, 1, 6), accepted(_ONE, 2, 7)
    log.write_text(whole + last[:40])
    seen = HandOvers(log)
    one, other = str(UUID(str(_ONE.uuid))), str(_OTHER.uuid)
    assert (seen.count([one]), seen.count([one, other])) == (1, 2)
    log.write_text(whole + last)
    assert seen.count([one]) == 2
    assert seen.times[one][1] - seen.times[one][0] == 2


def test_latencies_are_those_of_the_answers_that_were_expected_and_others_are_told() -> None:
    section = Section("title")
    describe(section, "invalid", [answer(400, 0.001), answer(400, 0.003), answer(500, 9.0)], 400)
    (figure,) = section.figures
    assert figure.measured.endswith("max 3 ms")
    assert section.notes == ["invalid: other answers {500: 1}"]


def test_an_invalid_order_differs_from_a_valid_one_in_its_recipient_alone() -> None:
    valid, invalid = body(Kind.EMAIL, 1_800_000_000), body(Kind.INVALID, 1_800_000_000)
    assert {name for name in valid if valid[name] != invalid[name]} == {"idempotencyId", "recipient"}
