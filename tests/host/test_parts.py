"""Small parts of the host: pauses, keys, traces, outputs, cookies."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.host.backoff import BackOff
from local.host.functions import Function, UnsupportedBinding
from local.host.host import full_route
from local.host.invoker import child_trace
from local.host.keys import Keys
from local.host.outputs import messages
from local.host.processor import poison_name
from local.host.routes import RouteError
from local.host.settings import SettingsError
from local.host.worker import Datum


def test_pauses_double_with_a_fifth_of_chance_up_to_the_limit() -> None:
    back_off = BackOff(2.0)
    pauses = [back_off.next() for _ in range(8)]
    assert pauses[0] == 0.1
    for exponent, pause in enumerate(pauses[1:5]):
        assert 0.1 + 0.08 * 2**exponent <= pause <= 0.1 + 0.12 * 2**exponent
    assert pauses[-1] == 2.0


def test_a_found_message_makes_the_pause_short_again() -> None:
    back_off = BackOff(60.0)
    for _ in range(5):
        back_off.next()
    back_off.reset()
    assert back_off.next() == 0.1


def test_a_limit_below_the_shortest_pause_holds() -> None:
    assert BackOff(0.05).next() == 0.05


PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_callers_trace_is_continued_with_a_span_of_its_own() -> None:
    version, trace, span, flags = child_trace(PARENT).split("-")
    assert (version, trace, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert len(span) == 16
    assert span != "00f067aa0ba902b7"


@pytest.mark.parametrize("parent", [None, "", "nonsense", "00-1-2-3"])
def test_without_a_trace_a_new_one_begins(parent: str | None) -> None:
    first, second = child_trace(parent), child_trace(parent)
    assert first.split("-")[1] != second.split("-")[1]
    assert [len(part) for part in first.split("-")] == [2, 32, 16, 2]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("text", "string", [b"text"]),
        ("æ", "string", ["æ".encode()]),
        (b"\xff", "bytes", [b"\xff"]),
        ('["one", {"n": 2}]', "string", [b"one", b'{"n": 2}']),
        ("[not json", "string", [b"[not json"]),
        ('["one", "two"]', "json", [b"one", b"two"]),
        ('{"id": null, "body": "from a message"}', "json", [b"from a message"]),
        ('[{"id": null, "body": "first"}, "second"]', "json", [b"first", b"second"]),
        ({"n": 1}, "dict", [b'{"n": 1}']),
        (["one", "two"], "list", [b"one", b"two"]),
        (None, None, []),
    ],
)
def test_what_a_function_gives_to_a_queue_becomes_messages(value: Any, kind: str, expected: list[bytes]) -> None:
    assert messages(Datum(value, kind)) == expected


def test_an_output_that_was_not_set_is_no_message() -> None:
    assert messages(None) == []


@pytest.mark.parametrize(
    ("queue", "poison"),
    [("work", "work-poison"), ("work-poison", None), ("q" * 56, "q" * 56 + "-poison"), ("q" * 57, None)],
)
def test_the_poison_queue_of_a_queue(queue: str, poison: str | None) -> None:
    assert poison_name(queue) == poison


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    content = {"masterKey": "m", "functionKeys": {"default": "h"}, "functions": {"one": {"default": "f"}}}
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(content))
    return Keys.load(path)


@pytest.mark.parametrize(
    ("level", "function", "key", "admitted"),
    [
        ("ANONYMOUS", "one", "", True),
        ("FUNCTION", "one", "f", True),
        ("FUNCTION", "one", "h", True),
        ("FUNCTION", "one", "m", True),
        ("FUNCTION", "one", "x", False),
        ("FUNCTION", "one", "", False),
        ("FUNCTION", "two", "f", False),
        ("ADMIN", "one", "m", True),
        ("ADMIN", "one", "h", False),
        ("ADMIN", "one", "", False),
    ],
)
def test_who_is_let_in_with_which_key(keys: Keys, level: str, function: str, key: str, admitted: bool) -> None:
    assert keys.admit(level, function, key) is admitted


def test_without_keys_nothing_is_checked() -> None:
    assert Keys().admit("ADMIN", "one", "")
    assert Keys().admit_admin("")


def test_a_file_without_a_master_key_leaves_admin_functions_closed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"functionKeys": {"default": "h"}}')
    keys = Keys.load(path)
    assert not keys.admit("ADMIN", "one", "")
    assert not keys.admit("FUNCTION", "one", "")
    assert keys.admit_admin("")


@pytest.mark.parametrize("content", ["{", "[]", '{"functionKeys": []}'])
def test_a_file_of_keys_in_another_form_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match="masterKey"):
        Keys.load(path)


def test_a_missing_file_of_keys_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.json cannot be read"):
        Keys.load(tmp_path / "none.json")


def function(**trigger: Any) -> Function:
    return Function.of("Named", "1", [{"name": "req", "type": "httpTrigger", "direction": "IN", **trigger}])


@pytest.mark.parametrize(
    ("route", "prefix", "expected"),
    [
        ({}, "api", "api/Named"),
        ({"route": None}, "", "Named"),
        ({"route": ""}, "api", "api"),
        ({"route": "a/b"}, "", "a/b"),
    ],
)
def test_a_function_without_a_route_is_reached_by_its_name(route: dict[str, Any], prefix: str, expected: str) -> None:
    assert full_route(function(**route), prefix) == expected


@pytest.mark.parametrize("route", ["admin/x", "Runtime/x"])
def test_a_route_that_the_host_serves_itself_is_refused(route: str) -> None:
    with pytest.raises(RouteError, match="built-in"):
        full_route(function(route=route), "")


@pytest.mark.parametrize(
    "bindings",
    [
        [{"name": "b", "type": "blobTrigger", "direction": "IN"}],
        [
            {"name": "t", "type": "timerTrigger", "direction": "IN"},
            {"name": "c", "type": "cosmosDB", "direction": "IN"},
        ],
    ],
)
def test_a_binding_that_this_host_does_not_run_is_named(bindings: list[dict[str, Any]]) -> None:
    with pytest.raises(UnsupportedBinding, match=r"blobTrigger|cosmosDB"):
        Function.of("one", "1", list(bindings))
