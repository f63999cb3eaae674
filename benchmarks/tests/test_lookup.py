"""The order for many persons, those whom it is for, and what is told of its course."""

from collections import Counter
from datetime import UTC, datetime

from benchmarks.access_log import IDLE_POLL, TRANSACTION
from benchmarks.figures import Section
from benchmarks.lookup import Course, order, person, tell
from local.simulators.acs_email.recipients import fate_of
from local.simulators.registers.people import People

DUE = datetime(2026, 11, 21, 12, tzinfo=UTC)


def course(**members: float | None) -> Course:
    counts = {"persons": {"calls": 2, "identities": 2000}, "names": {"calls": 1, "identities": 1000}}
    times: dict[str, float | None] = {"planned": 4.0, "sent": 20.0, "processor": 12.0, **members}
    return Course(
        placed=0.5,
        at_placement={},
        when_due=counts,
        storage=Counter({TRANSACTION: 30, IDLE_POLL: 500}),
        planned=times["planned"],
        sent=times["sent"],
        processor=times["processor"],
    )


def told(found: Course) -> dict[str, str]:
    section = Section("title")
    tell(section, found, 2000)
    return {each.what: each.measured for each in section.figures}


def test_everybody_whom_the_order_is_for_is_in_the_registers_and_nothing_is_reported_of_them() -> None:
    people = People.model_validate({"persons": [person(number) for number in range(25)]})
    wanted = [each["nationalIdentityNumber"] for each in order(25, DUE)["recipients"]]
    assert [each.number for each in people.persons] == wanted
    assert all(each.email and not fate_of(each.email).reports for each in people.persons)


def test_the_order_names_its_recipients_and_is_due_when_it_should_be() -> None:
    body = order(1, DUE)
    assert "$recipientName$" in body["subject"]
    assert body["requestedSendTime"] == "2026-11-21T12:00:00.000Z"


def test_rates_and_calls_are_told_of_each_step_and_idle_polls_apart() -> None:
    figures = told(course())
    assert figures["placed after, all looked up"] == "0.5 s (4000 persons a second)"
    assert figures["planned after it was due"] == "4.0 s (500 notifications a second)"
    assert figures["all sent after it was due"] == "20.0 s (100 notifications a second)"
    assert figures["register calls at placement"] == "none"
    assert figures["register calls when it was due"] == "names 1 (1000 identities), persons 2 (2000 identities)"
    assert figures["storage calls a notification, due to sent"] == "0.015"
    assert figures[f"    apart: {IDLE_POLL}"] == "500"


def test_what_was_not_in_time_is_said() -> None:
    figures = told(course(sent=None, processor=None))
    assert figures["all sent after it was due"] == "not all got there"
    assert "processor time of the host, due to sent" not in figures
