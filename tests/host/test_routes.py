"""Route templates as ASP.NET Core reads them."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.routes import Route, RouteError, Router, Template, split_path

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"

MATCHES = [
    ("orders", "/orders", {}),
    ("Orders/New", "/orders/nEW", {}),
    ("orders", "/orders/", {}),
    ("", "/", {}),
    ("orders/{id}", "/orders/12", {"id": "12"}),
    ("orders/{id}", "/orders/a%20b%2Fc", {"id": "a b%2Fc"}),
    ("orders/{id}", "/orders/12?x=/y", {"id": "12"}),
    ("orders/{id:guid}", f"/orders/{GUID}", {"id": GUID}),
    ("orders/{id:guid}", f"/orders/{GUID.replace('-', '').upper()}", {"id": GUID.replace("-", "").upper()}),
    ("orders/{id:int}", "/orders/-12", {"id": "-12"}),
    ("orders/{id?}", "/orders", {}),
    ("orders/{id=5}", "/orders", {"id": "5"}),
    ("orders/{id:int=5}", "/orders/6", {"id": "6"}),
    ("orders/{id:int?}", "/orders", {}),
    ("{*path}", "/", {}),
    ("files/{*path}", "/files", {}),
    ("files/{*path}", "/files/a/b.txt", {"path": "a/b.txt"}),
    ("files/{**path}", "/files/a/b.txt", {"path": "a/b.txt"}),
    ("{name}.{extension}", "/a.b.txt", {"name": "a.b", "extension": "txt"}),
    ("v{major:int}-{minor:int}", "/V1-2", {"major": "1", "minor": "2"}),
    ("{code:length(3)}", "/abc", {"code": "abc"}),
    ("{code:length(1,3)}", "/ab", {"code": "ab"}),
    ("{code:minlength(2):maxlength(3)}", "/ab", {"code": "ab"}),
    ("{age:range(18,120)}", "/18", {"age": "18"}),
    ("{age:min(18):max(20)}", "/20", {"age": "20"}),
    ("{word:alpha}", "/Abc", {"word": "Abc"}),
    (r"{ssn:regex(^\d{{3}}-\d{{2}}$)}", "/123-45", {"ssn": "123-45"}),
    ("{yes:bool}", "/TRUE", {"yes": "TRUE"}),
    ("{when:datetime}", "/2025-01-31", {"when": "2025-01-31"}),
    ("{price:decimal}", "/49.99", {"price": "49.99"}),
    ("{n:long}", "/9000000000", {"n": "9000000000"}),
]

MISSES = [
    ("orders", "/order"),
    ("orders", "/orders/1"),
    ("orders", "/"),
    ("orders/{id}", "/orders"),
    ("orders/{id}", "/orders//"),
    ("orders/{id:guid}", "/orders/12"),
    ("orders/{id:int}", "/orders/1.5"),
    ("orders/{id:int}", "/orders/9000000000"),
    ("orders/{id:int?}", "/orders/x"),
    ("files/{*path}", "/file"),
    ("files/{*path:int}", "/files/a"),
    ("{name}.{extension}", "/plain"),
    ("{word:alpha}", "/ab1"),
    ("{code:length(3)}", "/ab"),
    ("{age:range(18,120)}", "/17"),
    ("{age:max(20)}", "/21"),
    ("{yes:bool}", "/yes"),
    ("{when:datetime}", "/soon"),
    ("{price:decimal}", "/NaN"),
    (r"{ssn:regex(^\d{{3}}$)}", "/1234"),
]


@pytest.mark.parametrize(("template", "path", "values"), MATCHES)
def test_a_path_that_fits_gives_its_route_values(template: str, path: str, values: dict[str, str]) -> None:
    assert Template.parse(template).match(split_path(path)) == values


@pytest.mark.parametrize(("template", "path"), MISSES)
def test_a_path_that_does_not_fit_is_no_match(template: str, path: str) -> None:
    assert Template.parse(template).match(split_path(path)) is None


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("a//b", "empty segment"),
        ("{id", "braces"),
        ("id}", "braces"),
        ("{}", "no valid name"),
        ("{id}/{ID}", "twice"),
        ("{*all}/more", "must come last"),
        ("x{id?}", "must fill its segment"),
        ("{id:nosuch}", "no constraint 'nosuch'"),
        ("{id:min(x)}", "cannot be read"),
        ("{id:range(1)}", "cannot be read"),
        ("{id:regex([)}", "cannot be read"),
        ("{id:int!}", "cannot be read"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused_with_the_reason(template: str, reason: str) -> None:
    with pytest.raises(RouteError, match=reason):
        Template.parse(template)


@given(st.text())
def test_any_text_is_either_a_template_or_refused(text: str) -> None:
    try:
        assert Template.parse(text).text == text
    except RouteError:
        return


@given(st.lists(st.text(min_size=1), min_size=1))
def test_what_a_client_encodes_in_a_path_arrives_decoded(segments: list[str]) -> None:
    quoted = ["".join(f"%{byte:02x}" for byte in segment.encode("utf-8", "replace")) for segment in segments]
    expected = [segment.encode("utf-8", "replace").decode().replace("/", "%2F") for segment in segments]
    assert split_path("/" + "/".join(quoted)) == expected


@dataclass(frozen=True, slots=True)
class Named:
    """What a route leads to, by its name alone."""

    name: str


def router(*routes: tuple[str, str, str]) -> Router[Named]:
    """A router over routes of name, template and method (empty for all)."""
    return Router(
        [Route(Template.parse(text), frozenset(method.split()), Named(name)) for name, text, method in routes]
    )


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        (("all", "{*rest}", ""), ("one", "a", ""), "all"),
        (("one", "a", ""), ("zz_all", "{*rest}", ""), "one"),
        (("free", "{x}", ""), ("literal", "a", ""), "free"),
        (("Zeta", "a", ""), ("alpha", "a", ""), "alpha"),
        (("get_x", "a", ""), ("getz", "a", ""), "getz"),
    ],
)
def test_the_first_function_by_name_wins_whatever_its_template(
    first: tuple[str, str, str], second: tuple[str, str, str], winner: str, reverse: bool
) -> None:
    found = router(*((second, first) if reverse else (first, second))).find("GET", "/a")
    assert found is not None
    assert found[0].name == winner


def test_a_route_that_does_not_take_the_method_leaves_the_path_to_the_next() -> None:
    both = router(("a", "a", "POST"), ("rest", "{*rest}", "GET"))
    assert both.find("POST", "/a") == (Named("a"), {})
    assert both.find("GET", "/a") == (Named("rest"), {"rest": "a"})
    assert both.find("PUT", "/a") is None
