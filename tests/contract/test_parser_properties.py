"""Whatever is sent, the parser answers with an order or with what is wrong, and names the right place."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.chain_request import MEMBER_NAMES
from notifications.contract.problems import ValidationFailed, to_response, validation_failed
from notifications.domain.order import OrderDraft
from tests.contract.builders import changed, errors, full_order, parse, text_of

type Path = tuple[str | int, ...]


def leaves(node: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaves(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, (*path, index))
    else:
        yield path


LEAVES = list(leaves(full_order()))
NAMES = [*MEMBER_NAMES.values(), *MEMBER_NAMES]

any_text = st.text(st.characters(codec=None), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    any_text,
    st.sampled_from(["2026-08-10T08:00:00Z", "+4799999999", "ola@example.com", "Email", "https://example.com"]),
)
documents = st.recursive(
    scalars,
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.one_of(st.sampled_from(NAMES), any_text), children, max_size=6)
    ),
    max_leaves=30,
)


def outcome(body: bytes) -> OrderDraft | ValidationFailed:
    try:
        return parse(body)
    except ValidationFailed as failed:
        return failed


def check(body: bytes) -> None:
    result = outcome(body)
    if isinstance(result, ValidationFailed):
        assert result.errors
        assert all(messages for messages in result.errors.values())
        json.loads(to_response(validation_failed(result.errors), "00-0-0-00").body)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_order_or_a_validation_failure(body: bytes) -> None:
    check(body)


@settings(deadline=None, max_examples=500)
@given(documents)
def test_any_json_is_an_order_or_a_validation_failure(document: Any) -> None:
    check(json.dumps(document).encode())


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(LEAVES), documents)
def test_any_value_in_any_place_is_taken_or_told_at_that_place(path: Path, value: Any) -> None:
    body = json.dumps(changed(full_order(), path, value)).encode()
    result = outcome(body)
    if isinstance(result, ValidationFailed):
        # a delay that is null or beside the point is a matter of the whole reminder
        allowed = (text_of(path), "reminders[0]", "reminders[1]") if path[-1] in TIMES else (text_of(path),)
        assert all(told.startswith(allowed) for told in result.errors)


TIMES = {"delayDays", "requestedSendTime"}


@settings(deadline=None)
@given(st.sampled_from(LEAVES), st.sampled_from([{}, [], [[]], {"x": 1}]))
def test_a_value_of_the_wrong_type_names_its_own_path(path: Path, value: Any) -> None:
    assert list(errors(changed(full_order(), path, value))) == [text_of(path)]


@settings(deadline=None)
@given(st.lists(st.sampled_from(LEAVES), min_size=1, unique=True))
def test_every_one_of_many_wrong_values_is_named(paths: list[Path]) -> None:
    request = full_order()
    for path in paths:
        request = changed(request, path, [])
    assert sorted(errors(request)) == sorted(map(text_of, paths))


@settings(deadline=None)
@given(st.sampled_from(sorted(name for name in MEMBER_NAMES.values())), st.randoms(use_true_random=False))
def test_names_are_read_in_any_letter_case(name: str, random: Any) -> None:
    spelled = "".join(random.choice([letter.lower(), letter.upper()]) for letter in name)
    body = json.dumps(full_order()).replace(f'"{name}"', f'"{spelled}"').encode()
    assert parse(body) == parse(full_order())
