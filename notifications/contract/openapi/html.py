"""HTML that is escaped by construction: text becomes markup only through these functions."""

import re
from collections.abc import Iterable
from html import escape

_MARKED = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*")


class Html(str):
    """Markup; any other string is text."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str) -> Html:
    """An element; an attribute's name may end in an underscore where Python wants its own word."""
    given = "".join(f' {each.rstrip("_").replace("_", "-")}="{escape(value)}"' for each, value in attributes.items())
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Markup and text one after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts))


def prose(text: str) -> Html:
    """Paragraphs, with `code` and **strong** words."""
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text))
    return joined(element("p", phrase(part)) for part in paragraphs if part)


def phrase(text: str) -> Html:
    """A line with `code` and **strong** words."""
    parts: list[str] = []
    end = 0
    for marked in _MARKED.finditer(text):
        parts += [text[end : marked.start()], element(marked.lastgroup or "span", marked[marked.lastgroup or 0])]
        end = marked.end()
    return joined([*parts, text[end:]])


def table(caption: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Html:
    """A table whose first column names the row."""
    head = element("tr", *(element("th", column, scope="col") for column in columns))
    body = (element("tr", *_cells(row)) for row in rows)
    return element("table", element("caption", caption), element("thead", head), element("tbody", *body))


def folded(summary: str, *content: str, id_: str | None = None, **attributes: str) -> Html:
    """Something that is shown when it is asked for; a link to `id_` opens it."""
    # a browser unfolds what a link points into, not what it points at
    inner = element("div", *content, **({"id": id_} if id_ else {}))
    return element("details", element("summary", summary), inner, **attributes)


def _cells(row: Iterable[str]) -> list[Html]:
    first, *others = row
    return [element("th", first, scope="row"), *(element("td", other) for other in others)]
