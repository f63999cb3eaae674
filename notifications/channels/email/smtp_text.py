"""The plain text of an HTML body: what a reader without HTML gets.

One pass over the body: the standard library's parser takes quadratic time for some malformed documents, and bodies
come from outside.
"""

import re
from html import unescape

_TOKEN = re.compile(r"<[^<>]*>|[^<]+|<")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_COMMENT, _COMMENT_END = "<!--", re.compile("-->")
_UNSEEN = {
    name: re.compile(rf"</{name}[^<>]*>", re.IGNORECASE) for name in ("head", "script", "style", "template", "title")
}
_PARAGRAPHS = dict.fromkeys(
    ("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"), "\n\n"
)
_LINES = dict.fromkeys(("address", "article", "br", "div", "footer", "header", "main", "section", "tr"), "\n")
_BREAKS = {**_PARAGRAPHS, **_LINES, "td": " ", "th": " "}


def plain_text(html: str) -> str:
    """The text of an HTML document: a line for each block, addresses of links in brackets; never raises."""
    text = _Reader(html).text()
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"


class _Reader:
    """Goes through a document once and collects what is shown of it."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._at = 0
        self._pieces: list[str] = []
        self._link = ""
        self._linked_from = 0

    def text(self) -> str:
        while self._at < len(self._html):
            if self._html.startswith(_COMMENT, self._at):
                self._skip_behind(_COMMENT_END)
            else:
                self._read_token()
        return "".join(self._pieces)

    def _read_token(self) -> None:
        found = _TOKEN.match(self._html, self._at)
        token = found.group() if found else ""
        self._at += len(token)
        tag = _TAG.match(token)
        if tag:
            self._read_tag(token, tag[2].lower(), ends=bool(tag[1]))
        elif not token.startswith(("<!", "<?", "</")):
            self._pieces.append(_SPACE.sub(" ", unescape(token)))

    def _read_tag(self, token: str, name: str, *, ends: bool) -> None:
        if name in _UNSEEN and not ends:
            self._skip_behind(_UNSEEN[name])
        elif name == "a":
            self._end_link()
            self._link, self._linked_from = "" if ends else _address(token), len(self._pieces)
        elif name == "li":
            self._pieces.append("" if ends else "\n- ")
        else:
            self._pieces.append(_BREAKS.get(name, ""))

    def _end_link(self) -> None:
        said = "".join(self._pieces[self._linked_from :]).strip() if self._link else ""
        if self._link not in said:
            self._pieces.append(f" ({self._link})")

    def _skip_behind(self, end: re.Pattern[str]) -> None:
        """Go behind the end of what is not shown; without one nothing more is shown, as in a browser."""
        found = end.search(self._html, self._at)
        self._at = found.end() if found else len(self._html)


def _address(tag: str) -> str:
    """Where a link leads; nothing for a place in the same document."""
    found = _HREF.search(tag)
    address = unescape(next(filter(None, found.groups()), "")) if found else ""
    address = _SPACE.sub("", address)
    return address if _LINK.match(address) else ""
