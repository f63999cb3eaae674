"""Bodies that nobody means well with, made from a valid request: each with what it does to a reader."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

type Path = tuple[str | int, ...]
type Request = dict[str, Any]


class Hostile(NamedTuple):
    """A body that must be refused; with `anywhere` set it may be refused at any path, else as a whole under `$`."""

    title: str
    body: bytes
    anywhere: bool = False


def hostile_bodies(request: Request) -> Iterator[Hostile]:
    """Every way of writing a valid request so that it cannot be read."""
    whole = json.dumps(request).encode()
    yield from _of_no_encoding(whole)
    yield from _of_no_grammar(whole)
    yield from _of_another_kind(whole)
    yield from _too_deep(whole)
    yield from _too_much(whole)


def with_more(request: Request, more: bytes) -> bytes:
    """The request with further members, written as they are, after its own."""
    return json.dumps(request).encode()[:-1] + b", " + more + b"}"


def _of_no_encoding(whole: bytes) -> Iterator[Hostile]:
    text = whole.decode()
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Hostile(encoding, text.encode(encoding))
    yield Hostile("utf-8 after a mark of utf-16", b"\xff\xfe" + whole)
    yield Hostile("two marks of utf-8", b"\xef\xbb\xbf" * 2 + whole)
    for name, octets in {
        "latin-1": b"\xe6",
        "a byte alone": b"\x80",
        "a character cut short": b"\xe2\x82",
        "an overlong slash": b"\xc0\xaf",
        "an encoded surrogate": b"\xed\xa0\x80",
        "beyond unicode": b"\xf4\x90\x80\x80",
    }.items():
        yield Hostile(f"{name} in a name", b'{"' + octets + b'": 1, ' + whole[1:])
        yield Hostile(f"{name} in a text", b'{"more": "' + octets + b'", ' + whole[1:])
    yield Hostile("gzip", bytes.fromhex("1f8b0800000000000003") + whole)


def _of_no_grammar(whole: bytes) -> Iterator[Hostile]:
    for cut in range(1, len(whole), max(1, len(whole) // 40)):
        yield Hostile(f"cut after {cut}", whole[:cut])
    endings = (b"}", b"{}", b",", b"]", b" null", b"\0", b"//", b"\n" + whole)
    yield from (Hostile(f"followed by {ending[:8]!r}", whole + ending) for ending in endings)
    for written in (
        *(b"'x'", b"x", b"undefined", b"True", b"0x10", b"01", b"+1", b".5", b"5.", b"1e", b"--1", b"1_000"),
        *(b'"\\x41"', b'"\\u12"', b'"\t"', b'"\0"', b'"x', b"[1,]", b"{1: 2}", b'{"a" 1}', b"/* */ 1"),
    ):
        yield Hostile(f"with {written.decode()!r}", b'{"more": ' + written + b", " + whole[1:])
    for constant in (b"NaN", b"Infinity", b"-Infinity"):
        yield Hostile(constant.decode(), b'{"more": ' + constant + b", " + whole[1:], anywhere=True)


def _of_another_kind(whole: bytes) -> Iterator[Hostile]:
    for other in (b"", b" \r\n\t", b"\xef\xbb\xbf", b"null", b"true", b"0", b"-0", b"1e400", b'""', b'"x"', b"[]"):
        yield Hostile(f"{other!r} instead", other)
    yield Hostile("in a list", b"[" + whole + b"]")
    yield Hostile("in a text", json.dumps(whole.decode()).encode())


def _too_deep(whole: bytes) -> Iterator[Hostile]:
    for levels in (33, 64, 500, 1_000, 10_000, 49_000, 100_000):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            nested = opening * levels + b"1" + closing * levels
            yield Hostile(f"{levels} levels of {opening.decode()}", nested, anywhere=True)
            yield Hostile(f"{levels} more of {opening.decode()}", with_nested(whole, nested), anywhere=True)
    yield Hostile("100000 levels without an end", b"[" * 100_000)
    yield Hostile("100000 objects without an end", b'{"a":' * 100_000)


def with_nested(whole: bytes, nested: bytes) -> bytes:
    """The request with a further member."""
    return whole[:-1] + b', "more": ' + nested + b"}"


def _too_much(whole: bytes) -> Iterator[Hostile]:
    # three of the parsers read fifty thousand recipients, and so as many values more
    yield Hostile("400001 nulls", with_nested(whole, b"[" + b"null," * 400_000 + b"null]"))
    yield Hostile("400001 lists", with_nested(whole, b"[" + b"[]," * 400_000 + b"[]]"))
    yield Hostile("400001 members", with_nested(whole, b"{" + b'"a":0,' * 400_000 + b'"a":0}'))
