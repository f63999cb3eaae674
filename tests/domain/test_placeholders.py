"""The placeholders for a recipient's name and number."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.placeholders import filled, has_placeholder


def test_name_and_number_are_put_in_wherever_they_are_asked_for() -> None:
    text = "Hei $recipientName$ ($recipientNumber$), $recipientName$!"
    assert filled(text, "Firma AS", "310000001") == "Hei Firma AS (310000001), Firma AS!"


def test_what_is_not_known_leaves_nothing_behind() -> None:
    assert filled("Hei $recipientName$$recipientNumber$.", "", "") == "Hei ."


def test_other_spellings_are_ordinary_text() -> None:
    text = "$RecipientName$ $recipientname$ recipientName"
    assert not has_placeholder(text)
    assert filled(text, "Kari", "1") == text


def test_a_name_that_looks_like_a_placeholder_is_not_looked_at_again() -> None:
    assert filled("$recipientName$", "$recipientNumber$", "310000001") == "$recipientNumber$"


@given(st.text(), st.text(), st.text())
def test_a_text_without_placeholders_stays_as_it_is(text: str, name: str, number: str) -> None:
    if not has_placeholder(text):
        assert filled(text, name, number) == text
