import json
from pathlib import Path

import pytest

from notifications.domain.phone import e164, is_mobile_number, normalise

CASES = json.loads((Path(__file__).parent.parent / "cases" / "mobile_numbers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", CASES["valid"])
def test_a_valid_number_of_the_field_vectors_is_accepted(number: str) -> None:
    assert is_mobile_number(number)


@pytest.mark.parametrize("number", CASES["invalid"])
def test_an_invalid_number_of_the_field_vectors_is_refused(number: str | None) -> None:
    assert not is_mobile_number(number)


@pytest.mark.parametrize("case", CASES["normalise"])
def test_a_number_from_a_contact_register_is_normalised_as_the_field_vectors_say(
    case: dict[str, dict[str, str]],
) -> None:
    assert normalise(case["input"]["numberInContactRegister"]) == case["expect"]["destination"]


@pytest.mark.parametrize("number", ["+4722222222", "004755555555", "+4781549300", "+4702800"])
def test_a_norwegian_number_that_does_not_begin_with_4_or_9_is_refused(number: str) -> None:
    assert not is_mobile_number(number)


@pytest.mark.parametrize("number", ["+4799999999 ext. 5", "+4799999999;ext=5", "+4794VANITY", "+4799999999#5"])
def test_a_number_with_letters_or_an_extension_is_refused(number: str) -> None:
    assert not is_mobile_number(number)


def test_a_number_too_long_for_the_parser_is_refused() -> None:
    assert not is_mobile_number("+47" + "9" * 1000)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+47 99 99 99 99 ", "+4799999999"),
        ("004799999999", "+4799999999"),
        ("+233 24 242-6224", "+233242426224"),
        ("+4799999999", "+4799999999"),
    ],
)
def test_an_accepted_number_is_written_with_a_plus_and_digits_alone(number: str, written: str) -> None:
    assert e164(number) == written


def test_a_text_that_is_no_number_is_written_unchanged() -> None:
    assert e164("4123") == "4123"
