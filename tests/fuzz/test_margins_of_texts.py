"""Where readers of schemas differ from each other, the schema is so exact that all agree with the parser."""

import json
from typing import Any

import pytest

from notifications.contract.problems import ValidationFailed
from tests.contract.builders import NOW, Request, changed, full_order
from tests.contract.documented import request_schema, validator
from tests.contract.orders import PARSERS
from tests.contract.requests import external, instant_sms, person
from tests.fuzz.hostile import Path
from tests.fuzz.judging import is_valid

SPACES = [*map(chr, [*range(1, 0x21), 0x7F, 0x85, 0xA0, 0xAD, 0x1680, 0x180E]), *map(chr, range(0x2000, 0x2010))]
SPACES += ["\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff"]
EMAIL: Path = ("recipient", "recipientEmail", "emailSettings")
SMS: Path = ("recipientSms", "smsSettings")
NUMBER: Path = ("recipientSms", "phoneNumber")


def agreed(name: str, request: Request) -> bool:
    """Whether a request is taken, by the parser and by two readers of the schema that read patterns in dialects."""
    taken = is_taken(name, request)
    assert [is_valid(name, request), validator(request_schema(name)).is_valid(request)] == [taken, taken]
    return taken


def is_taken(name: str, request: Request) -> bool:
    try:
        PARSERS[name](json.dumps(request).encode(), creator="ttd", now=NOW)
    except ValidationFailed:
        return False
    return True


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_all_agree_on_what_is_blank(space: str) -> None:
    blank = space.isspace()
    for path in [("idempotencyId",), (*EMAIL, "subject"), (*EMAIL, "body")]:
        assert agreed("place_order", changed(full_order(), path, space)) != blank
        assert agreed("place_order", changed(full_order(), path, f"{space}a{space}"))
    assert agreed("send_instant_sms", changed(instant_sms(), (*SMS, "body"), space)) != blank


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_all_agree_on_what_may_stand_around_an_address(space: str) -> None:
    around = changed(full_order(), ("recipient", "recipientEmail", "emailAddress"), f"{space}a@example.com{space}")
    assert agreed("place_order", around) == space.isspace()


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_all_agree_on_what_may_stand_around_a_senders_name(space: str) -> None:
    around = changed(instant_sms(), (*SMS, "sender"), f"{space}TTD{space}")
    # which letters there are is told in words
    if space.isspace() or space < "\x80":
        assert agreed("send_instant_sms", around) == space.isspace()


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_all_agree_on_what_is_blank_of_a_resources_action(space: str) -> None:
    path = ("recipient", "recipientPerson", "resourceAction")
    request = changed(full_order() | {"recipient": person()}, path, space)
    # to Python's own patterns a line feed may follow the end of a text, which nobody asks for here
    assert is_taken("place_order", request) == is_valid("place_order", request) != space.isspace()


@pytest.mark.parametrize("name", ["a\nb", "\u2028a", "a", "\U0001f600"])
def test_all_agree_on_line_breaks_in_an_identity(name: str) -> None:
    recipient = external(externalIdentity=f"urn:altinn:username:{name}")
    assert agreed("place_order", full_order() | {"recipient": recipient})


@pytest.mark.parametrize(
    "number",
    [
        *("+4799999999", "004799999999", "+47 99 99 99 99 ", "+(47) 999-99-999", "+ 4799999999", "00 47.99.99.99.99"),
        *("+4799999999*", "+4799999999\n", "+4799999999+", "+4799999999/", "+\u0664\u0667" + "\u0669" * 8),
    ],
)
def test_all_agree_on_how_a_number_may_be_written(number: str) -> None:
    assert agreed("send_instant_sms", changed(instant_sms(), NUMBER, number))


@pytest.mark.parametrize(
    "number", ["", "99999999", "4799999999", " +4799999999", "++4799999999", "00+4799999999", "+x", "+47x"]
)
def test_all_agree_on_what_is_no_number(number: Any) -> None:
    assert not agreed("send_instant_sms", changed(instant_sms(), NUMBER, number))
