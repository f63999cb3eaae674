import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.sms_sender import SenderCountries, SmsSender, parse_sender_countries, parse_sms_sender

FINNISH = "+358401234567"
NORWEGIAN = "+4799999999"


@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_blank_sender_means_the_default(text: str | None) -> None:
    assert parse_sms_sender(text) == SmsSender(None)


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("  TTD ", "TTD"),
        ("Skatt 2026", "Skatt 2026"),
        ("Ålesund K", "Ålesund K"),
        ("A\u030alesund", "Ålesund"),
        ("Elevenchars", "Elevenchars"),
        ("+47 99 99 99 99", "+4799999999"),
        ("004799999999", "004799999999"),
        ("2210", "2210"),
        ("123456789012345", "123456789012345"),
    ],
)
def test_a_name_or_number_is_taken_as_it_is(text: str, sender: str) -> None:
    assert parse_sms_sender(text) == SmsSender(sender)


def test_a_longer_name_is_cut_to_eleven_characters_and_that_is_said() -> None:
    sender = parse_sms_sender("Skatteetaten AS")
    assert sender.value == "Skatteetate"
    assert sender.warning == "The sender is longer than 11 characters and was cut to 'Skatteetate'."


def test_a_cut_name_does_not_end_in_a_space() -> None:
    assert parse_sms_sender("Nordlandet kommune").value == "Nordlandet"


def test_digits_too_many_for_a_number_are_a_long_name() -> None:
    assert parse_sms_sender("1234567890123456").value == "12345678901"


@pytest.mark.parametrize("text", ["Altinn-test", "a@b", "Tom & Co", "+", "++47", "+47abc", "A\nB", "+1234567890123456"])
def test_other_characters_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and spaces"):
        parse_sms_sender(text)


@pytest.mark.parametrize("number", [FINNISH, "00358401234567", "+34612345678", "+66812345678"])
def test_a_name_towards_a_country_that_fails_names_is_kept_with_a_warning(number: str) -> None:
    assert SenderCountries().used("TTD", number) == "TTD"
    assert SenderCountries().warning("TTD", number) is not None


def test_the_default_name_is_warned_about_as_well() -> None:
    assert SenderCountries().warning(None, FINNISH) is not None


def test_a_default_that_is_a_number_is_not_warned_about() -> None:
    assert SenderCountries(default="2210").warning(None, FINNISH) is None


@pytest.mark.parametrize("number", [FINNISH, "00358 40 123 4567", "0034612345678"])
def test_a_configured_number_takes_the_place_of_a_name(number: str) -> None:
    countries = SenderCountries(prefixes={"+358": "+4799999999", "+34": "+4799999999"})
    assert countries.used("TTD", number) == "+4799999999"


def test_who_gives_a_name_that_is_replaced_is_told() -> None:
    warning = SenderCountries(prefixes={"+358": "+4799999999"}).warning("TTD", FINNISH)
    assert warning == "Names fail as sender in the country of +358; '+4799999999' is used instead."


@pytest.mark.parametrize("text", ["+35=2210;+358=warn;+3=1", "+3=1;+358=warn;+35=2210"])
def test_of_several_prefixes_the_longest_counts(text: str) -> None:
    countries = SenderCountries(prefixes=parse_sender_countries(text))
    assert countries.used("TTD", FINNISH) == "TTD"
    assert countries.used("TTD", "+351912345678") == "2210"


@pytest.mark.parametrize(("sender", "number"), [("+4799999998", FINNISH), ("2210", FINNISH), ("TTD", NORWEGIAN)])
def test_numbers_as_sender_and_other_countries_are_left_alone(sender: str, number: str) -> None:
    countries = SenderCountries(prefixes={"+358": "+4799999999"})
    assert (countries.used(sender, number), countries.warning(sender, number)) == (sender, None)


@given(st.text("+=;warn0123456789 ") | st.text())
def test_a_table_is_read_or_refused_and_what_is_read_is_prefixes_and_numbers(text: str) -> None:
    try:
        countries = parse_sender_countries(text)
    except ValueError:
        return
    assert countries
    assert all(prefix[0] == "+" and 1 <= len(prefix[1:]) <= 4 for prefix in countries)
    assert all(number is None or SmsSender(number).is_number for number in countries.values())
