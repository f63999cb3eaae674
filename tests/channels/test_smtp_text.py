"""The plain text of HTML bodies."""

import time
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.email.smtp_text import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Only text", "Only text"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<div>One</div><div>Two</div>", "One\n\nTwo"),
        ("<h1>Title</h1>Text", "Title\n\nText"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("spaces  and\r\n\tlines &nbsp; run together", "spaces and lines \xa0 run together"),
        ("<p>1 &lt; 2 &amp; &aelig;&#248;&#xE5;</p>", "1 < 2 & æøå"),
        ("<b>no</b><i>space</i> within words", "nospace within words"),
        ("<head><title>Not shown</title></head>Shown", "Shown"),
        ("<style>p { color: red }</style>Shown<script>if (a < b) alert()</script >!", "Shown!"),
        ("Shown<STYLE>never <p>ends", "Shown"),
        ("a<!-- not <b>shown</b> --->b<!-->c", "abc"),
        ("a<!-- never ends <b>c</b>", "a"),
        ("<!DOCTYPE html><?xml version='1.0'?></>Shown", "Shown"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('<a href="https://example.com/a?b=1&amp;c=2">Read</a> it', "Read (https://example.com/a?b=1&c=2) it"),
        ("<a class=x href='tel:99999999'>Call</a>", "Call (tel:99999999)"),
        ("<A HREF=mailto:a@example.com>Write</A>", "Write (mailto:a@example.com)"),
        ('<a href="https://example.com">https://example.com</a>', "https://example.com"),
        ('<a href="#top">Up</a> <a href="/here">Here</a> <a name=x>There</a>', "Up Here There"),
        ('<a href="javascript:alert(1)">Click</a>', "Click"),
        ('<a href="https://one.example">One<a href="https://two.example">Two</a>', "One (https://one.example)Two (https://two.example)"),
        ('<a href="https://one.example">Never ends', "Never ends"),
        ("😀 שלום", "😀 שלום"),
    ],
)  # fmt: skip
def test_html_becomes_the_text_that_a_reader_sees(html: str, text: str) -> None:
    assert plain_text(html) == f"{text}\n"


def test_a_whole_document_is_read() -> None:
    html = """
        <html><head><style>p {}</style></head>
        <body>
            <h2>Hei, Kari!</h2>
            <p>Du har fått <b>brev</b>.<br>
               <a href="https://example.com/innboks">Åpne innboksen</a></p>


            <p>Hilsen oss</p>
        </body></html>"""
    expected = """\
        Hei, Kari!

        Du har fått brev.
        Åpne innboksen (https://example.com/innboks)

        Hilsen oss
        """
    assert plain_text(html) == dedent(expected)


@given(st.text(alphabet="<>!-/= \"'ap\nbhrefstyle&;å", max_size=200) | st.text(max_size=200))
def test_nothing_is_too_malformed_to_be_read(html: str) -> None:
    text = plain_text(html)
    assert text.endswith("\n")
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    "unit", ["<", "<!--", "<a ", '<a href="', "<style>", "<![x", "</", "<a href='x'>", "&", "<p", "href =", "- -->"]
)
def test_the_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Sixteen times the length would be 256 times the work, were it quadratic."""

    def work(length: int) -> float:
        html = f"<a {unit * (length // len(unit))}"
        began = time.process_time()
        plain_text(html)
        return time.process_time() - began

    short = max(min(work(2**15) for _ in range(3)), 0.001)
    assert work(2**19) < 100 * short
