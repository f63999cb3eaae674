"""Whatever is sent, the parser answers with an order or with what is wrong, and names the right place."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.chain_request import ChainRequest
from notifications.contract.problems import ValidationFailed, to_response, validation_failed
from notifications.contract.request_model import RequestModel, member_names
from notifications.domain.order import OrderDraft
from tests.contract.builders import changed, errors, full_order, parse, text_of
from tests.contract.requests import CASES

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
MODELS: list[type[RequestModel]] = [parser.model for parser, _ in CASES.values()]
NAMES = sorted({name for model in MODELS for name in member_names(model).values()})
KINDS = st.sampled_from(sorted(CASES))
PLACES = [(kind, path) for kind, (_, request) in CASES.items() for path in leaves(request)]

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


def outcome(kind: str, body: bytes) -> OrderDraft | ValidationFailed:
    try:
        return parse(body, CASES[kind][0])
    except ValidationFailed as failed:
        return failed


def check(kind: str, body: bytes) -> None:
    result = outcome(kind, body)
    if isinstance(result, ValidationFailed):
        assert result.errors
        assert all(messages for messages in result.errors.values())
        json.loads(to_response(validation_failed(result.errors), "00-0-0-00").body)


@settings(deadline=None, max_examples=300)
@given(KINDS, st.binary(max_size=200))
def test_any_bytes_are_an_order_or_a_validation_failure(kind: str, body: bytes) -> None:
    check(kind, body)


@settings(deadline=None, max_examples=500)
@given(KINDS, documents)
def test_any_json_is_an_order_or_a_validation_failure(kind: str, document: Any) -> None:
    check(kind, json.dumps(document).encode())


@settings(deadline=None, max_examples=500)
@given(KINDS, documents, documents)
def test_any_member_of_any_kind_is_an_order_or_a_validation_failure(kind: str, first: Any, second: Any) -> None:
    request = CASES[kind][1]
    for name, value in zip(request, (first, second), strict=False):
        request = request | {name: value}
    check(kind, json.dumps(request).encode())


@settings(deadline=None, max_examples=700)
@given(st.sampled_from(PLACES), documents)
def test_any_value_in_any_place_is_taken_or_told_at_that_place(place: tuple[str, Path], value: Any) -> None:
    kind, path = place
    result = outcome(kind, json.dumps(changed(CASES[kind][1], path, value)).encode())
    if isinstance(result, ValidationFailed):
        allowed = (text_of(path), *BESIDE.get(str(path[-1]), ()))
        assert all(told.startswith(allowed) for told in result.errors)


BESIDE = {
    # a delay that is null or beside the point is a matter of the whole reminder, a permission that ends of its file
    "delayDays": ("reminders[0]", "reminders[1]"),
    "requestedSendTime": ("reminders[0]", "reminders[1]", "recipient.emailSettings.attachments[0]"),
    "sasUrl": ("recipient.emailSettings.attachments[0]",),
    # what depends on a member is told where it stands
    "resourceId": ("recipient.", "reminders[0].recipient.", "reminders[1].recipient.", "resourceAction"),
    "emailAddress": ("recipients[0]",),
    "mobileNumber": ("recipients[0]",),
    "organizationNumber": ("recipients[1]",),
    "nationalIdentityNumber": ("recipients[2]",),
}
"""Where else a value may be told."""


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
@given(st.sampled_from(sorted(member_names(ChainRequest).values())), st.randoms(use_true_random=False))
def test_names_are_read_in_any_letter_case(name: str, random: Any) -> None:
    spelled = "".join(random.choice([letter.lower(), letter.upper()]) for letter in name)
    body = json.dumps(full_order()).replace(f'"{name}"', f'"{spelled}"').encode()
    assert parse(body) == parse(full_order())
