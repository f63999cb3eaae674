"""The page tells the whole document in HTML that is well formed, escaped, and in need of nothing."""

from html.parser import HTMLParser
from typing import Any

import pytest

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import OPERATIONS
from notifications.contract.openapi.html import Html, element, folded, joined, phrase, prose, table
from notifications.contract.openapi.page import HEADERS, page, rendered
from tests.contract.documented import BASE, described

_VOID = {"meta", "br", "hr", "link", "img"}


class Structure(HTMLParser):
    """Follows the elements of a page, which must be closed in the order they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append((tag, tuple(self.open)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def text() -> str:
    media_type, body = rendered(BASE, Limits())
    assert media_type == "text/html; charset=utf-8"
    return body.decode()


@pytest.fixture(scope="module")
def structure(text: str) -> Structure:
    return Structure(text)


def test_every_operation_and_every_schema_can_be_linked_to(structure: Structure) -> None:
    ids = structure.ids()
    assert len(ids) == len(set(ids))
    assert {each.id for each in OPERATIONS} <= set(ids)
    assert {f"schema-{name}" for name in described()["components"]["schemas"]} <= set(ids)


def test_every_link_within_the_page_leads_somewhere(structure: Structure) -> None:
    links = [attributes["href"] or "" for tag, attributes in structure.elements if tag == "a"]
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= set(structure.ids())
    assert {link for link in links if not link.startswith("#")} == {"/openapi.json"}


def test_the_page_needs_no_script_and_nothing_from_elsewhere(structure: Structure) -> None:
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in structure.elements}
    loaded = [
        name for _, attributes in structure.elements for name in attributes if name in {"src", "onclick", "style"}
    ]
    assert loaded == []
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


def test_the_page_reads_well_without_eyes(structure: Structure) -> None:
    tags = [tag for tag, _ in structure.elements]
    assert tags.count("h1") == 1
    assert ("html", {"lang": "en"}) in structure.elements
    assert tags.count("main") == tags.count("nav") == 1
    assert tags.count("table") == tags.count("caption")
    assert tags.count("details") == tags.count("summary")
    blocks = {"p", "table", "details", "div", "pre", "h3"}
    assert [(tag, around) for tag, around in structure.inside if tag in blocks and "p" in around] == []


def test_every_status_summary_and_path_of_the_document_is_on_the_page(text: str) -> None:
    for path, methods in described()["paths"].items():
        assert f"<code>{path}</code>" in text
        for operation in methods.values():
            assert operation["summary"].replace("'", "&#x27;") in text
            assert all(f"<h4><code>{status}</code>" in text for status in operation["responses"])


def test_text_of_the_document_is_escaped() -> None:
    made: dict[str, Any] = {
        "info": {"title": "<b>", "description": "`<i>` & **<u>**"},
        "servers": [{"url": "https://x/<s>"}],
        "tags": [{"name": "<Tag>", "description": ""}],
        "paths": {},
        "components": {"schemas": {"A": {"description": "<p>", "type": "object"}}, "securitySchemes": {}},
    }
    shown = page(made)
    Structure(shown)
    assert "<code>&lt;i&gt;</code> &amp; <strong>&lt;u&gt;</strong>" in shown
    for raw in ("<b>", "<i>", "<u>", "<s>", "<Tag>"):
        assert raw not in shown


def test_text_becomes_markup_through_the_functions_alone() -> None:
    assert element("a", "<", Html("<b></b>"), href='"&') == '<a href="&quot;&amp;">&lt;<b></b></a>'
    assert joined(["<", Html("<br>")]) == "&lt;<br>"
    assert phrase("a `b` **c** <d>") == "a <code>b</code> <strong>c</strong> &lt;d&gt;"
    assert prose("one\n\n two ") == "<p>one</p><p>two</p>"
    assert prose("") == ""
    assert folded("S", "x", id_="i", class_="c", aria_label="l") == (
        '<details class="c" aria-label="l"><summary>S</summary><div id="i">x</div></details>'
    )
    assert table("C", ("A", "B"), [("1", "2")]) == (
        '<table><caption>C</caption><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>'
        '<tbody><tr><th scope="row">1</th><td>2</td></tr></tbody></table>'
    )
