"""The monthly page, as a browser and a screen reader parse it."""

from collections.abc import Mapping
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from notifications.contract.metrics.page import HEADERS, form_page, month_page
from notifications.contract.metrics_form import Month, parse_metrics_form
from tests.builders import NOW

MARCH = Month(2026, 3)
VOID = {"meta", "input"}
COUNTS = {
    "shipments": 7,
    "email.Delivered": 3,
    "email.Accepted": 1,
    "email.Failed_Bounced": 2,
    "sms.Delivered": 5,
    "sms.Failed_TTL": 1,
    "segments": 9,
    "due": 1000,
    "within_10s": 949,
    "within_60s": 1000,
}


class Page(HTMLParser):
    """A page taken apart; it fails on elements that are not closed in their order."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(content.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"th", "td"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))
        if self.open and self.open[-1] in {"th", "td"}:
            self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> str:
        return "".join(text for name, text in self.texts if name == tag)


def rows(totals: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    return Page(month_page(MARCH, totals)).rows


def test_the_form_asks_for_month_and_year_by_labelled_fields_and_posts_them() -> None:
    page = Page(form_page(MARCH))
    assert page.all("form") == [{"method": "post"}]
    named = {field["name"]: field["id"] for tag in ("select", "input") for field in page.all(tag)}
    assert set(named) == {"month", "year"}
    assert {label["for"] for label in page.all("label")} == set(named.values())
    assert page.all("table") == []


def test_the_form_suggests_the_month_that_is_shown() -> None:
    for content in (form_page(MARCH), month_page(MARCH, {})):
        page = Page(content)
        assert [each["value"] for each in page.all("option") if "selected" in each] == ["3"]
        assert page.all("input")[0]["value"] == "2026"


def test_the_page_has_a_language_a_title_and_one_heading_and_no_script() -> None:
    page = Page(month_page(MARCH, {"ttd": COUNTS}))
    assert page.all("html") == [{"lang": "en"}]
    assert page.text("title") == page.text("h1") == "Notifications in March 2026"
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("script") == []
    assert "script" not in HEADERS["Content-Security-Policy"]
    assert HEADERS["Content-Type"] == "text/html; charset=utf-8"


def test_the_table_has_the_columns_of_the_contract_first_and_headers_for_rows_and_columns() -> None:
    page = Page(month_page(MARCH, {"ttd": COUNTS}))
    assert page.rows[0] == [
        "Organization",
        "Total orders",
        "Total email notifications",
        "Successful email notifications",
        "Total SMS notifications",
        "Successful SMS notifications",
        "SMS segments",
        "Handed over within 10\u00a0s",
        "Handed over within 60\u00a0s",
    ]
    scopes = [header["scope"] for header in page.all("th")]
    assert scopes == ["col"] * 9 + ["row", "row"]
    assert len(page.all("caption")) == 1


def test_an_organization_has_its_counts_and_the_shares_that_were_handed_over_in_time() -> None:
    assert rows({"ttd": COUNTS})[1] == ["ttd", "7", "6", "4", "6", "5", "9", "94.9 %", "100.0 %"]


def test_organizations_are_listed_by_name_and_summed_below() -> None:
    table = rows({"skd": COUNTS, "brg": {"shipments": 1, "sms.Accepted": 1}, "nav": COUNTS})
    assert [row[0] for row in table[1:]] == ["brg", "nav", "skd", "All"]
    assert table[-1] == ["All", "15", "12", "8", "13", "11", "18", "94.9 %", "100.0 %"]


def test_what_was_never_counted_is_a_dash_and_what_was_counted_as_none_is_nought() -> None:
    assert rows({"old": {"shipments": 2, "email.Delivered": 2}})[1][6:] == ["–", "–", "–"]
    assert rows({"new": {"shipments": 2, "due": 2}})[1][6:] == ["0", "0.0 %", "0.0 %"]


def test_a_share_is_never_rounded_up() -> None:
    assert rows({"ttd": {"due": 100_000, "within_10s": 94_999, "within_60s": 99_999}})[1][7:] == ["94.9 %", "99.9 %"]


def test_a_month_without_shipments_says_so_instead_of_an_empty_table() -> None:
    page = Page(month_page(MARCH, {}))
    assert page.all("table") == []
    assert page.text("p") == "No shipment ended in March 2026 (UTC)."


@given(st.text())
def test_whatever_an_organization_is_called_stays_text(name: str) -> None:
    page = Page(month_page(MARCH, {f"<script>&amp;{name}": COUNTS}))
    assert page.all("script") == []
    assert len(page.all("tr")) == 3
    shown = f"<script>&amp;{name}".encode("utf-8", "replace").decode()
    # the parser reads line ends, and the characters that HTML has no place for, in its own way
    if shown.isprintable():
        assert page.rows[1][0] == shown


def test_what_the_form_sends_is_the_month_that_is_shown() -> None:
    page = Page(form_page(MARCH))
    year = page.all("input")[0]
    month = next(each for each in page.all("option") if "selected" in each)
    body = f"{page.all('select')[0]['name']}={month['value']}&{year['name']}={year['value']}".encode()
    assert parse_metrics_form(body, "application/x-www-form-urlencoded", now=NOW) == MARCH
