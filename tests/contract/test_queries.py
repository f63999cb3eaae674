"""What readers ask for in route, query and headers (http-contract.md section 5.9)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.problems import ValidationFailed
from notifications.contract.queries import (
    DashboardQuery,
    Identity,
    LogQuery,
    parse_dashboard,
    parse_log_query,
    parse_order_id,
    parse_senders_reference,
)

NOW = datetime(2026, 8, 3, 7, 12, 45, tzinfo=UTC)
NUMBER, ORGANIZATION = "16069412345", "312508729"
ID = "2a3b4c5d-6e7f-4081-92a3-b4c5d6e7f809"


def dashboard(
    parameters: Mapping[str, str], headers: Mapping[str, str] | None = None, identity: Identity = Identity.PERSON
) -> DashboardQuery:
    headers = {"nationalidentitynumber": NUMBER} if headers is None else headers
    return parse_dashboard(headers, parameters, now=NOW, identity=identity)


def dashboard_errors(
    parameters: Mapping[str, str], headers: Mapping[str, str] | None = None, identity: Identity = Identity.PERSON
) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as raised:
        dashboard(parameters, headers, identity)
    return raised.value.errors


@pytest.mark.parametrize("text", [ID, ID.upper(), ID.replace("-", "")])
def test_an_order_id_is_a_uuid(text: str) -> None:
    assert parse_order_id(text) == UUID(ID)


@pytest.mark.parametrize("text", ["", "abc", ID + "0", f" {ID}", ID[:-1] + "g", f"urn:uuid:{ID}", "-" * 36])
def test_what_is_no_uuid_is_told_under_id(text: str) -> None:
    with pytest.raises(ValidationFailed) as raised:
        parse_order_id(text)
    assert raised.value.errors == {"id": [f"The value '{text}' is not valid."]}


def test_a_senders_reference_is_taken_as_it_is() -> None:
    assert parse_senders_reference({"x": "y", "SENDERSreference": " Ref 1 "}) == " Ref 1 "


@pytest.mark.parametrize(
    ("parameters", "errors"),
    [
        ({}, {"sendersReference": ["A value for the 'sendersReference' parameter or property was not provided."]}),
        ({"sendersReference": ""}, {"sendersReference": ["The sendersReference field is required."]}),
        ({"SendersReference": " "}, {"SendersReference": ["The sendersReference field is required."]}),
    ],
)
def test_a_missing_senders_reference_is_told(parameters: Mapping[str, str], errors: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationFailed) as raised:
        parse_senders_reference(parameters)
    assert raised.value.errors == errors


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({"dialogId": "d"}, LogQuery("d", None)),
        ({"TransmissionID": "t"}, LogQuery(None, "t")),
        ({"dialogId": "d", "transmissionId": "t"}, LogQuery("d", "t")),
        ({"dialogId": "", "transmissionId": "t"}, LogQuery(None, "t")),
    ],
)
def test_the_log_is_read_by_dialog_or_transmission(parameters: Mapping[str, str], query: LogQuery) -> None:
    assert parse_log_query(parameters) == query


@pytest.mark.parametrize(
    ("parameters", "names"),
    [({}, ("dialogId", "transmissionId")), ({"DialogId": " ", "other": "x"}, ("DialogId", "transmissionId"))],
)
def test_the_log_needs_one_of_the_two(parameters: Mapping[str, str], names: tuple[str, str]) -> None:
    with pytest.raises(ValidationFailed) as raised:
        parse_log_query(parameters)
    assert raised.value.errors == {name: ["Give a dialogId, a transmissionId, or both."] for name in names}


def test_the_dashboard_shows_the_last_seven_days_by_default() -> None:
    assert dashboard({}) == DashboardQuery(NUMBER, NOW - timedelta(days=7), NOW)
    assert dashboard({"from": "", "to": " "}) == DashboardQuery(NUMBER, NOW - timedelta(days=7), NOW)


def test_the_dashboard_takes_an_organisation_and_times_in_any_zone() -> None:
    query = dashboard(
        {"From": "2026-07-01T02:00:00+02:00", "TO": "2026-08-01T00:00:00Z"},
        {"OrganizationNumber": ORGANIZATION},
        Identity.ORGANIZATION,
    )
    assert query == DashboardQuery(ORGANIZATION, datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("identity", "headers", "message"),
    [
        *(
            (identity, {}, f"A value for the '{identity}' parameter or property was not provided.")
            for identity in Identity
        ),
        *(
            (identity, {identity.value.upper(): " "}, f"'{identity}' is required and cannot be empty")
            for identity in Identity
        ),
        *(
            (Identity.PERSON, {"nationalIdentityNumber": number}, "National identity number must be 11 digits long.")
            for number in ("123", ORGANIZATION, f"{NUMBER} ", "1606941234x")
        ),
        *(
            (Identity.ORGANIZATION, {"ORGANIZATIONNUMBER": number}, "Organization number must be 9 digits long.")
            for number in ("31250872", NUMBER)
        ),
    ],
)
def test_whom_to_search_for_is_a_header(identity: Identity, headers: Mapping[str, str], message: str) -> None:
    assert dashboard_errors({}, headers, identity) == {identity.value: [message]}


@pytest.mark.parametrize(
    ("parameters", "errors"),
    [
        ({"from": "2026-08-01T00:00:00"}, {"from": ["The 'from' value must be UTC."]}),
        ({"from": "2026-08-01"}, {"from": ["The 'from' value must be UTC."]}),
        ({"from": "soon"}, {"from": ["The value 'soon' is not valid for From."]}),
        (
            {"from": "2026-08-01T00:00:00 02:00"},
            {"from": ["The value '2026-08-01T00:00:00 02:00' is not valid for From."]},
        ),
        (
            {"from": "2026-08-01T00:00:00Z", "to": "2026-08-01T00:00:00Z"},
            {"from": ["'from' must be earlier than 'to'."]},
        ),
        ({"from": "2026-08-03T07:12:45.001Z"}, {"from": ["'from' must not be in the future."]}),
        ({"From": "2016-08-03T07:12:44Z"}, {"From": ["'from' must not be earlier than 10 years ago."]}),
        ({"to": "2026-08-01T00:00:00"}, {"to": ["The 'to' value must be UTC."]}),
        ({"to": "x"}, {"to": ["The value 'x' is not valid for To."]}),
        ({"To": "2026-08-03T07:12:46Z"}, {"To": ["'to' must not be in the future."]}),
        (
            {"to": "2026-07-27T07:12:45Z"},
            {"to": ["'to' must be later than the default 'from' (7 days ago)."]},
        ),
        (
            {"from": "2026-08-02T00:00:00", "to": "2026-08-01T00:00:00Z"},
            {"from": ["The 'from' value must be UTC.", "'from' must be earlier than 'to'."]},
        ),
    ],
)
def test_days_that_make_no_sense_are_told(parameters: Mapping[str, str], errors: dict[str, list[str]]) -> None:
    assert dashboard_errors(parameters) == errors


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = dashboard_errors({"from": "2030-01-01", "to": "2030-01-01T00:00:00"}, {"NationalIdentityNumber": "1"})
    assert told == {
        "NationalIdentityNumber": ["National identity number must be 11 digits long."],
        "from": [
            "The 'from' value must be UTC.",
            "'from' must be earlier than 'to'.",
            "'from' must not be in the future.",
        ],
        "to": ["The 'to' value must be UTC.", "'to' must not be in the future."],
    }


def test_the_bounds_themselves_are_taken() -> None:
    assert dashboard({"from": "2016-08-03T07:12:45Z", "to": "2026-08-03T07:12:45Z"}).since.year == 2016
    assert dashboard({"from": "2026-08-03T07:12:45Z"}).until == NOW
    assert dashboard({"to": "2026-07-27T07:12:46Z"}).until < NOW
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    headers = {"NationalIdentityNumber": NUMBER}
    query = parse_dashboard(headers, {"from": "2018-02-28T00:00:00Z"}, now=leap, identity=Identity.PERSON)
    assert query.since == datetime(2018, 2, 28, tzinfo=UTC)


def test_a_query_does_not_show_whom_it_is_about() -> None:
    assert NUMBER not in repr(dashboard({}))
    assert "98765432109876" not in str(dashboard_errors({}, {"NationalIdentityNumber": "98765432109876"}))


texts = st.text(st.characters(codec=None), max_size=30)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["from", "to", "From"]), st.one_of(texts, st.datetimes().map(str))), texts)
def test_any_query_is_taken_or_refused(parameters: dict[str, str], number: str) -> None:
    for ask in (
        lambda: dashboard(parameters, {"NationalIdentityNumber": number}),
        lambda: parse_order_id(number),
        lambda: parse_senders_reference({"sendersReference": number}),
        lambda: parse_log_query({"dialogId": number}),
    ):
        with suppress(ValidationFailed):
            ask()
