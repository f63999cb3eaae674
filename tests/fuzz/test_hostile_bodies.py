"""Whatever body comes, each parser says what is wrong with it and where, and never anything but that."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from notifications.contract.limits import Limits
from notifications.contract.openapi.members import member_rules, rules_in
from notifications.contract.problems import BodyTooLarge, ValidationFailed, to_response, validation_failed
from notifications.domain.order import OrderDraft
from tests.contract.builders import ABSENT, NOW, changed, text_of
from tests.contract.orders import FULL, PARSERS
from tests.contract.requests import attachment, composed, legacy, legacy_email, legacy_sms
from tests.fuzz.hostile import Path, Request, hostile_bodies, with_more

NAMES = sorted(PARSERS)
REQUESTS = [(name, index) for name in NAMES for index in range(len(FULL[name]))]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def outcome(name: str, body: bytes) -> OrderDraft | ValidationFailed:
    """The order, or what is wrong, which can always be written down."""
    try:
        return PARSERS[name](body, creator="ttd", now=NOW)
    except ValidationFailed as error:
        failed = error
    assert failed.errors
    assert all(texts and all(texts) for texts in failed.errors.values())
    json.loads(to_response(validation_failed(failed.errors), TRACE).body)
    return failed


def told(name: str, body: bytes) -> dict[str, list[str]]:
    failed = outcome(name, body)
    assert isinstance(failed, ValidationFailed), "taken for valid"
    return failed.errors


def draft(name: str, body: bytes) -> OrderDraft:
    order = outcome(name, body)
    assert isinstance(order, OrderDraft), order
    return order


@pytest.mark.parametrize("name", NAMES)
def test_a_body_that_cannot_be_read_is_told_so(name: str) -> None:
    for title, body, anywhere in hostile_bodies(FULL[name][0]):
        errors = told(name, body)
        assert anywhere or list(errors) == ["$"], title


@pytest.mark.parametrize("name", NAMES)
def test_a_body_of_thirty_megabytes_is_refused_by_its_size_alone(name: str) -> None:
    with pytest.raises(BodyTooLarge):
        PARSERS[name](b"[" * 30 * 1024 * 1024, creator="ttd", now=NOW)


def members(node: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every member and every item of a request."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield (*path, step)
        yield from members(value, (*path, step))


VALUES = {
    "null": "null",
    "true": "true",
    "minus zero": "-0",
    "a fraction": "0.1",
    "a huge exponent": "1e400",
    "a tiny exponent": "-1e-400",
    "two to the 31st": str(2**31),
    "two to the 63rd": str(2**63),
    "ten to the 5000th": "1" + "0" * 5000,
    "an empty text": '""',
    "blanks": '" \\t\\r\\n\\u00a0\\u2003"',
    "a NUL character": '"a\\u0000b"',
    "a lone surrogate": '"a\\ud800b"',
    "a surrogate the wrong way": '"\\udc00\\ud800"',
    "a pair of surrogates": '"\\ud83d\\ude00"',
    "a text written backwards": '"\\u202ea"',
    "line breaks": '"a\\r\\nBcc: x@example.com"',
    "a long text": '"' + "x" * 1_000_000 + '"',
    "digits of another script": '"\\u0661\\u0662\\u0663"',
    "a list": "[]",
    "a list of nulls": "[null, null]",
    "a list of lists": "[[], [[]]]",
    "an object": "{}",
    "an object of nothing known": '{"\\ud800": {"": null}}',
    "sixteen levels": "[" * 16 + "]" * 16,
}


BESIDE = {
    "channelSchema": ("emailSettings", "smsSettings"),
    "notificationChannel": ("emailTemplate", "smsTemplate", "recipients"),
    "requestedSendTime": ("attachments",),
    "resourceId": ("resourceAction",),
}
"""Where the failure is told of what another member asks for."""


def is_near(told_path: str, path: Path) -> bool:
    """Whether a failure is told where its cause is: at the member, in it, in what holds it, or where it asks for it."""
    here, *around = (text_of(path[:length]) for length in range(len(path), 0, -1))
    within = told_path == here or told_path.startswith((f"{here}.", f"{here}["))
    return within or told_path in around or any(each in told_path for each in BESIDE.get(str(path[-1]), ()))


@pytest.mark.parametrize("title", VALUES)
@pytest.mark.parametrize(("name", "index"), REQUESTS)
def test_any_value_of_any_member_is_taken_or_told_where_it_stands(name: str, index: int, title: str) -> None:
    request = FULL[name][index]
    for path in members(request):
        body = json.dumps(changed(request, path, "@@")).replace('"@@"', VALUES[title]).encode()
        result = outcome(name, body)
        if isinstance(result, ValidationFailed):
            assert all(is_near(each, path) for each in result.errors), (path, result.errors)


@pytest.mark.parametrize("title", ["a NUL character", "a lone surrogate", "a surrogate the wrong way"])
@pytest.mark.parametrize(("name", "index"), REQUESTS)
def test_what_cannot_be_stored_is_never_taken(name: str, index: int, title: str) -> None:
    request = FULL[name][index]
    for path in members(request):
        body = json.dumps(changed(request, path, "@@")).replace('"@@"', VALUES[title]).encode()
        assert any(is_near(each, path) for each in told(name, body)), path


@pytest.mark.parametrize(("name", "index"), REQUESTS)
def test_what_a_missing_member_breaks_is_told_where_it_is_missing(name: str, index: int) -> None:
    request = FULL[name][index]
    for path in members(request):
        result = outcome(name, json.dumps(changed(request, path, ABSENT)).encode())
        if isinstance(result, ValidationFailed):
            assert all(is_near(each, path) for each in result.errors), (path, result.errors)


def limited(request: Request) -> Iterator[tuple[Path, str]]:
    """The members whose text has a limit, and a text that is one character too long for each."""
    rules = {**member_rules(Limits()), **{member: rule for (_, member), rule in rules_in(Limits()).items()}}
    for path in members(request):
        if path[-1] == "body":
            is_email = any((*path[:-1], "subject") == each for each in members(request))
            yield path, "x" * ((Limits().email_body_bytes if is_email else Limits().sms_segments * 153) + 1)
        elif "maxLength" in (rule := rules.get(str(path[-1]), {})):
            yield path, "x" * (rule["maxLength"] + 1)


@pytest.mark.parametrize(("name", "index"), REQUESTS)
def test_a_text_one_character_too_long_is_told_where_it_stands(name: str, index: int) -> None:
    request = FULL[name][index]
    for path, text in limited(request):
        errors = told(name, json.dumps(changed(request, path, text)).encode())
        assert errors
        assert all(is_near(each, path) for each in errors), (path, errors)


def spelled(node: Any, how: Any) -> Any:
    """The same with every name spelled in another way."""
    if isinstance(node, dict):
        return {how(name): spelled(value, how) for name, value in node.items()}
    return [spelled(each, how) for each in node] if isinstance(node, list) else node


@pytest.mark.parametrize("how", [str.upper, str.lower, str.capitalize, str.swapcase])
@pytest.mark.parametrize(("name", "index"), REQUESTS)
def test_names_count_in_any_letter_case(name: str, index: int, how: Any) -> None:
    request = FULL[name][index]
    other = json.dumps(spelled(request, how)).encode()
    assert draft(name, other).fingerprint == draft(name, json.dumps(request).encode()).fingerprint


@pytest.mark.parametrize(("name", "index"), REQUESTS)
def test_of_a_member_given_twice_the_last_counts(name: str, index: int) -> None:
    request = FULL[name][index]
    meant = draft(name, json.dumps(request).encode()).fingerprint
    for member, value in request.items():
        wrong, right = json.dumps({member: [[]]})[1:-1].encode(), json.dumps({member: value})[1:-1].encode()
        assert draft(name, b"{" + wrong + b", " + json.dumps(request).encode()[1:]).fingerprint == meant
        assert draft(name, with_more(request, wrong + b", " + right)).fingerprint == meant
        assert all(is_near(each, (member,)) for each in told(name, with_more(request, wrong)))


@pytest.mark.parametrize("more", ["1e400", "-0", "9" * 5000, '"\\ud800"', '"\\u0000"', "[]", "null"])
@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_a_member_that_nobody_knows_does_not_matter(name: str, more: str) -> None:
    request = FULL[name][0]
    meant = draft(name, json.dumps(request).encode()).fingerprint
    for member in (b'"more"', b'""', b'"\\u0000"', b'"\\ud800"', b'"$"', b'"__proto__"', b'"recipients[0]"'):
        assert draft(name, with_more(request, member + b": " + more.encode())).fingerprint == meant


LEGACY: dict[Any, str] = {
    legacy: "place_legacy_order",
    legacy_email: "place_legacy_email_order",
    legacy_sms: "place_legacy_sms_order",
}
MANY: list[tuple[str, Request, str]] = [
    ("place_order", {**FULL["place_order"][0], "reminders": FULL["place_order"][0]["reminders"][:1] * 31}, "reminders"),
    ("place_composed_email", composed(*[attachment()] * 51), "recipient.emailSettings.attachments"),
    *(
        (name, make(*[{"emailAddress": "a@example.com", "mobileNumber": "+4799999999"}] * 50_001), "recipients")
        for make, name in LEGACY.items()
    ),
]


@pytest.mark.parametrize(("name", "request_", "path"), MANY, ids=[f"{each[0]}-{each[2]}" for each in MANY])
def test_one_more_than_there_can_be_is_told_once(name: str, request_: Request, path: str) -> None:
    (text,) = told(name, json.dumps(request_).encode())[path]
    assert text.startswith("There can be at most ")


@pytest.mark.parametrize("item", [None, 5, [], {}, {"emailAddress": "x", "mobileNumber": "x"}])
@pytest.mark.parametrize("make", [legacy, legacy_email, legacy_sms])
def test_of_fifty_thousand_wrong_recipients_not_all_are_told(make: Any, item: object) -> None:
    name = {
        legacy: "place_legacy_order",
        legacy_email: "place_legacy_email_order",
        legacy_sms: "place_legacy_sms_order",
    }
    errors = told(name[make], json.dumps(make(*[item] * 50_000)).encode())
    assert len(errors) <= 1001
    assert "more failures" in errors["$"][0]
