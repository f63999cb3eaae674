"""The form of the metrics page (http-contract.md section 3.11)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.metrics_form import MAX_BYTES, Month, parse_metrics_form
from notifications.contract.problems import BodyTooLarge, ValidationFailed

NOW = datetime(2026, 8, 3, tzinfo=UTC)
ENCODED = "application/x-www-form-urlencoded"
IN_PARTS = 'multipart/form-data; boundary="----x"'


def parts(**fields: str) -> bytes:
    """A form as a browser sends it in parts."""
    written = (
        f'------x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    return ("".join(written) + "------x--\r\n").encode()


def month(body: bytes, content_type: str | None = ENCODED) -> Month:
    return parse_metrics_form(body, content_type, now=NOW)


def errors(body: bytes, content_type: str | None = ENCODED) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as raised:
        month(body, content_type)
    return raised.value.errors


@pytest.mark.parametrize("body", [b"month=7&year=2026", b"YEAR=2026&Month=07&other=x", b"month=1&month=+7+&year=2026"])
@pytest.mark.parametrize("content_type", [ENCODED, f"{ENCODED}; charset=utf-8"])
def test_an_encoded_form_is_read(body: bytes, content_type: str) -> None:
    assert month(body, content_type) == Month(year=2026, month=7)


def test_a_form_in_parts_is_read() -> None:
    assert month(parts(month="12", year="2020"), IN_PARTS) == Month(year=2020, month=12)


@pytest.mark.parametrize(("month_", "year"), [("1", "2020"), ("12", "2027")])
def test_the_bounds_are_taken(month_: str, year: str) -> None:
    assert month(f"month={month_}&year={year}".encode()) == Month(int(year), int(month_))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", {"year": ["The year field is required."], "month": ["The month field is required."]}),
        (b"month=&year=2026", {"month": ["The month field is required."]}),
        (b"month=July&year=2026", {"month": ["The value 'July' is not valid for month."]}),
        (b"month=0&year=2026", {"month": ["The field month must be between 1 and 12."]}),
        (b"month=13&year=2026", {"month": ["The field month must be between 1 and 12."]}),
        (b"month=-1&year=2026", {"month": ["The value '-1' is not valid for month."]}),
        (b"month=1&year=2019", {"year": ["The field year must be between 2020 and 2027."]}),
        (b"month=1&year=2028", {"year": ["The field year must be between 2020 and 2027."]}),
        (b"month=1&year=20260", {"year": ["The value '20260' is not valid for year."]}),
    ],
)
def test_a_month_that_there_is_not_is_told(body: bytes, told: dict[str, list[str]]) -> None:
    assert errors(body) == told


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "text/plain", ";", "multipart/mixed; boundary=x"]
)
def test_another_content_type_is_told_what_to_send(content_type: str | None) -> None:
    told = errors(b"month=7&year=2026", content_type)
    assert told == {"$": ["Send the form as application/x-www-form-urlencoded or multipart/form-data."]}


def test_a_form_in_parts_without_a_boundary_has_no_fields() -> None:
    assert set(errors(parts(month="7", year="2026"), "multipart/form-data")) == {"month", "year"}


@pytest.mark.parametrize("name", ["name*0=month; name*=year", "name*=utf-8'month", "name*=x''%ff", 'name="month'])
def test_a_part_with_an_odd_name_is_no_month(name: str) -> None:
    odd = parts(year="2026").replace(
        b"------x\r\n", f"------x\r\nContent-Disposition: form-data; {name}\r\n\r\n7\r\n------x\r\n".encode(), 1
    )
    assert "month" in errors(odd, IN_PARTS)


def test_a_form_with_an_odd_boundary_has_no_fields() -> None:
    odd = "multipart/form-data; boundary*0=x; boundary*=y"
    assert set(errors(parts(month="7", year="2026"), odd)) == {"month", "year"}


def test_a_form_is_small() -> None:
    with pytest.raises(BodyTooLarge):
        month(b"x" * (MAX_BYTES + 1))


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([ENCODED, IN_PARTS, "multipart/form-data; boundary=\xe6"]) | st.text(max_size=40),
)
def test_any_form_is_a_month_or_a_validation_failure(body: bytes, content_type: str) -> None:
    try:
        read = month(body, content_type)
    except ValidationFailed:
        return
    assert 1 <= read.month <= 12
    assert 2020 <= read.year <= 2027
