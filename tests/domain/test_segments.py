import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.domain.segments import MOST_SEGMENTS, count_segments, cut, exceeds, is_gsm_7


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("æøåÆØÅ" * 26 + "abcd", 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 2448, 16),
        ("a" * 2449, 17),
    ],
)
def test_segments_are_counted_as_the_network_does(text: str, segments: int) -> None:
    assert count_segments(text) == segments


def test_an_extension_character_is_not_split_between_parts() -> None:
    # 152 septets fill a part but one; the euro sign needs two and starts the next part
    assert count_segments("a" * 152 + "€" + "a" * 151 + "€") == 3
    assert count_segments("a" * 151 + "€" + "a" * 151 + "€") == 2


def test_a_surrogate_pair_is_not_split_between_parts() -> None:
    assert count_segments("ł" * 66 + "😀" + "ł" * 66) == 3
    assert count_segments("ł" * 65 + "😀" + "ł" * 67) == 2


@pytest.mark.parametrize("text", ["@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", "¡ÄÖÑÜ§¿äöñüà", "[\\]^{|}~€\f", "line\r\nbreak"])
def test_the_gsm_alphabet_and_its_extension_are_seven_bit(text: str) -> None:
    assert is_gsm_7(text)


@pytest.mark.parametrize("text", ["`", "ç", "á", "\t", "–", "“", "Ω̈"])
def test_anything_else_is_not(text: str) -> None:
    assert not is_gsm_7(text)


@settings(deadline=None)
@given(st.text(alphabet="a€ł😀", max_size=400))
def test_a_text_never_takes_fewer_parts_than_its_units_need(text: str) -> None:
    unicode = any(character in "ł😀" for character in text)
    wide = "😀" if unicode else "€"
    units = len(text) + text.count(wide)
    single, part = (70, 67) if unicode else (160, 153)
    least = 1 if units <= single else math.ceil(units / part)
    assert least <= count_segments(text) <= least + 1


def test_a_text_exceeds_only_more_segments_than_allowed() -> None:
    assert not exceeds("a" * 2448, 16)
    assert exceeds("a" * 2449, 16)
    assert exceeds("a" * 3_000_000, 16)


@pytest.mark.parametrize(
    ("text", "segments", "kept"),
    [
        ("", 1, 0),
        ("a" * 160, 1, 160),
        ("a" * 161, 1, 160),
        ("a" * 400, 2, 306),
        ("a" * 159 + "€", 1, 159),
        ("a" * 152 + "€" * 200, 2, 152 + 76),
        ("ł" * 71, 1, 70),
        ("😀" * 36, 1, 35),
        # Without the one letter that is no GSM letter the beginning holds more than twice as much.
        ("a" * 100 + "ł" + "a" * 400, 1, 100),
        ("ł" + "a" * 200, 1, 70),
        ("a" * 3_000_000, 16, 2448),
    ],
)
def test_a_text_is_cut_to_the_segments_it_may_have(text: str, segments: int, kept: int) -> None:
    assert cut(text, segments) == text[:kept]


def test_a_text_may_have_sixteen_segments_unless_told_otherwise() -> None:
    assert cut("ł" * 2000) == "ł" * (16 * 67)
    assert MOST_SEGMENTS == 16


@settings(deadline=None)
@given(st.text(alphabet="a€ł😀", max_size=400), st.integers(1, 4))
def test_a_cut_is_the_longest_beginning_that_fits(text: str, segments: int) -> None:
    kept = cut(text, segments)
    assert text.startswith(kept)
    assert count_segments(kept) <= segments
    assert kept == text or count_segments(text[: len(kept) + 1]) > segments
